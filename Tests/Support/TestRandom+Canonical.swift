@testable import ScuttleCore

/// Values and lines close to the canonical form.
extension TestRandom {
    /// Returns a value as hosts mostly write it: without white space, surrogates, long exponents and escapes in names, and with
    /// few members.
    mutating func simpleJSON(depth: Int) -> String {
        switch below(depth > 0 ? 8 : 5) {
        case 0: return pick(["null", "true", "false"])
        case 1:
            return "\(Int64(truncatingIfNeeded: next()) >> Int64(below(64)))".replacing(
                "-9223372036854775808", with: "1")
        case 2: return pick(["1.5", "-0.25", "1e-05", "3.14159265358979", "6.02e23"])
        case 3, 4:
            return "\"\(simpleText())\(pick(["", #"\n"#, #"\""#, #"\\"#, #"\u001f"#, #"\u00e9"#]))\(simpleText())\""
        case 5: return "[" + (0..<below(5)).map { _ in simpleJSON(depth: depth - 1) }.joined(separator: ",") + "]"
        default:
            let members = (0..<below(9)).map { "\"\(simpleText())\($0)\":\(simpleJSON(depth: below(2) * (depth - 1)))" }
            return "{" + members.joined(separator: ",") + "}"
        }
    }

    /// Returns text that needs no escapes.
    mutating func simpleText() -> String {
        (0..<below(4)).map { _ in pick(["a", "key", " ", "{}", "é", "日本", "\u{1f600}", "0123456789abcdef", "\u{7f}"]) }
            .joined()
    }

    /// Returns an update, mostly one whose line the fast path reads.
    mutating func update() -> PlainUpdate {
        let value = oneIn(6) ? json().compact : simpleJSON(depth: 3)
        var update = PlainUpdate(
            simpleText(), value, simpleText(), Version(within(1...Int(oneIn(2) ? Version.highest : 1000))))
        if oneIn(10) { update.key = text(1...5) }
        if oneIn(10) { update.source = text(1...5) }
        if oneIn(5) { (update.value, update.kind) = ([UInt8]("null"), pick([.delete, .expiry])) }
        if oneIn(4) {
            update.written = PlainUpdate.Written(
                source: [UInt8](oneIn(10) ? text(1...5).text : simpleText()), version: Version(within(1...1000)))
        }
        if oneIn(4), !update.isDelete {
            update.timeToLive = oneIn(2) ? UInt64(below(1000)) : .highest
            if oneIn(2) { update.age = UInt64(within(1...1000)) }
        }
        return update
    }

    /// Changes a line in one place.
    mutating func change(_ line: inout [UInt8]) {
        guard !line.isEmpty else { return }
        let place = below(line.count)
        switch below(6) {
        case 0: line.remove(at: place)
        case 1: line.insert(pick([UInt8]("{}[]\",:\\0e-. tu")), at: place)
        case 2: line[place] = UInt8(below(256))
        case 3: line[place] ^= 1 << UInt8(below(8))
        case 4:
            // Repeats a part of it.
            let end = min(line.count, place + within(1...12))
            line.insert(contentsOf: line[place..<end], at: place)
        default:
            let pieces = [
                "0", "9", "99999", ".5", "e5", "1", "[]", "{}", "null,", "\"\"", "\\u0061", "\\ud800", "\\", "é",
                ",\"a\":1",
                ",\"deleted\":true", ",\"expired\":true", ",\"written\":[\"A\",1]", ",\"ttl\":5", ",\"age\":7",
                "\u{0}",
            ]
            line.insert(contentsOf: [UInt8](pick(pieces)), at: place)
        }
    }
}
