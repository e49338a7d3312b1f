@testable import ScuttleCore

/// A JSON value as a list of tokens, which can be spelled with white space anywhere, and whose compact text needs no parser.
struct JSONTokens {
    var tokens: [String]

    var compact: String { tokens.joined() }

    func spaced(_ random: inout TestRandom) -> String {
        let spaces = ["", "", "", " ", "\t", "\r", "  ", "\r\t "]
        return random.pick(spaces) + tokens.map { $0 + random.pick(spaces) }.joined()
    }
}

extension TestRandom {
    /// Returns a random JSON value, nested at most `depth` deep.
    mutating func json(depth: Int = 3) -> JSONTokens {
        switch below(depth > 0 ? 9 : 6) {
        case 0: JSONTokens(tokens: [pick(["null", "true", "false"])])
        case 1...2: JSONTokens(tokens: [jsonNumber()])
        case 3...5: JSONTokens(tokens: [jsonString()])
        case 6: jsonArray(depth)
        default: jsonObject(depth)
        }
    }

    private mutating func jsonArray(_ depth: Int) -> JSONTokens {
        let elements = (0..<below(4)).map { _ in json(depth: depth - 1).tokens }
        return JSONTokens(tokens: ["["] + elements.joined(separator: [","]) + ["]"])
    }

    mutating func jsonObject(_ depth: Int) -> JSONTokens {
        // A number in each name makes it unique.
        let members = (0..<below(4)).map { number in
            [jsonString(ending: "\(number)"), ":"] + json(depth: depth - 1).tokens
        }
        return JSONTokens(tokens: ["{"] + members.joined(separator: [","]) + ["}"])
    }

    mutating func jsonNumber() -> String {
        pick([
            "0", "-0", "7", "-12", "9007199254740993", "9223372036854775807", "-9223372036854775808", "1.50", "-0.0",
            "1e3", "1E+03", "2.5e-10", "0.1", "1.7976931348623157e308", "5e-324", "100000000000000000000.0",
        ])
    }

    /// Returns a string with escapes and with characters of JSON's structure.
    mutating func jsonString(ending: String = "") -> String {
        let pieces = [
            "a", "key", " ", "{", "}", "[", "]", ":", ",", "\\\"", "\\\\", "\\/", "\\n", "\\u00e9", "\\ud83d\\ude00",
            "é", "\u{1f600}",
            "\\u0020",
        ]
        return "\"" + (0..<below(5)).map { _ in pick(pieces) }.joined() + ending + "\""
    }
}
