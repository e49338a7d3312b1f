import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Every field of every message of the extended dialect: missing, of the wrong type, or out of range.
@Suite("Fields of the extended dialect")
struct ExtendedFieldsTests {
    struct Field: Sendable {
        let name: String
        let valid: String
        let mayBeMissing: Bool
        /// Values that the field must not have.
        let invalid: [(text: String, code: Failure.Code)]
    }

    private static func field(
        _ name: String, _ valid: String, mayBeMissing: Bool = false, _ message: [String], version: [String] = []
    ) -> Field {
        Field(
            name: name, valid: valid, mayBeMissing: mayBeMissing,
            invalid: message.map { ($0, .message) } + version.map { ($0, .version) })
    }

    private static let beyond = "9007199254740992"

    private static func number(_ name: String) -> Field {
        field(name, "5", ["-1", "1.0", "\"5\"", "null", "true", "[5]", "{}"])
    }

    private static func time(_ name: String) -> Field {
        field(name, "5", mayBeMissing: true, ["-1", "1.0", "\"5\"", "null", "true", "[5]"])
    }

    private static func optional(_ name: String) -> Field {
        field(name, "5", mayBeMissing: true, ["-1", "1.0", "\"5\"", "null", "true", "[5]", "{}"])
    }

    private static func version(_ name: String) -> Field {
        field(name, "5", ["-1", "1.5", "\"5\"", "null", "[5]"], version: [beyond, "9223372036854775807"])
    }

    private static func place(_ name: String) -> Field {
        field(name, "5", ["-1", "5.0", "\"5\"", "null", "4294967296"])
    }

    private static func text(_ name: String) -> Field {
        field(name, "\"x\"", ["5", "null", "true", "[\"x\"]", "{}"])
    }

    private static func flag(_ name: String) -> Field {
        field(name, "true", mayBeMissing: true, ["1", "0", "\"true\"", "null", "[]"])
    }

    private static func cursor(_ name: String) -> Field {
        field(name, "[3,4]", mayBeMissing: true, ["5", "null", "[1]", "[1,2,3]", "[1,-2]", "[1,\"2\"]", "{}"])
    }

    private static func hexadecimal(_ name: String, digits: Int, mayBeMissing: Bool = false) -> Field {
        let valid = String("0123456789abcdef0123456789abcdef".prefix(digits))
        let wrong = [valid.dropLast() + "", valid + "0", valid.uppercased(), valid.dropLast() + "g", "0x" + valid, ""]
        return field(
            name, "\"\(valid)\"", mayBeMissing: mayBeMissing, ["5", "null", "[]"] + wrong.map { "\"\($0)\"" })
    }

    /// Wrong pairs of a count of updates and the hash of their lines.
    private static let wrongLines = [
        "5", "null", "{}", "[1]", #"["00000000"]"#, #"[1,"00000000",2]"#, #"[-1,"00000000"]"#, #"["1","00000000"]"#,
        #"[1,"0000000"]"#, #"[1,"000000000"]"#, #"[1,"0000000A"]"#, #"[1,0]"#, #"[1.0,"00000000"]"#,
    ]
    private static let lines = field("lines", #"[1,"00ab12cd"]"#, mayBeMissing: true, wrongLines)

    /// Returns the progress in a request, with one member replaced or added.
    private static func progress(_ name: String, _ text: String?) -> String {
        var members = [("incarnation", "1"), ("mode", "\"state\""), ("epoch", "2"), ("sequence", "3")]
        members.removeAll { $0.0 == name }
        if let text { members.append((name, text)) }
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    private static let got = field(
        "got", progress("ranges", "[1,2,3,4]"), mayBeMissing: true,
        ["5", "[1,2,3]", "null", "{}"]
            + ["incarnation", "mode", "epoch", "sequence"].flatMap { name in
                [nil, "-1", "1.0", "\"1\"", "null"].map { progress(name, $0) }
            }
            + ["item", "window"].flatMap { name in ["-1", "1.0", "\"1\"", "[]"].map { progress(name, $0) } }
            + ["5", "[1]", "[1,2,3]", "[0,1]", "[1,0]", "[1,-1]", "[1,1,0,1]", "[9223372036854775807,1]", "{}"]
            .map { progress("ranges", $0) }
            + [progress("ranges", "[" + Array(repeating: "1,1", count: 65).joined(separator: ",") + "]")])

    static let messages: [(name: String, fields: [Field])] = [
        (
            "hello",
            [
                field(
                    "protocol", "[1,2]",
                    ["1", "[1]", "[1,2,3]", "[2,1]", "[-1,2]", "[1,4294967296]", "[1.0,2]", "[\"1\",2]", "null", "{}"]),
                text("source"), number("incarnation"), text("cluster"), version("lamport"), number("epoch"),
                number("revision"), hexadecimal("hash", digits: 16),
                hexadecimal("contents", digits: 32, mayBeMissing: true), number("nonce"), got, flag("reply"),
            ]
        ),
        ("request", [number("revision"), place("from")]),
        (
            "vector",
            [
                number("incarnation"), number("epoch"), number("nonce"), version("lamport"), number("since"),
                number("until"), flag("contents"),
                got,
                field(
                    "sources", #"{"A":5}"#,
                    [
                        "5", "[]", "null", #"{"A":-1}"#, #"{"A":"5"}"#, #"{"A":5.0}"#, #"{"A":null}"#, #"{"A":[5]}"#,
                        #"{"A":[5,4,3]}"#, #"{"A":[5,-1]}"#, #"{"A":{}}"#, #"{"B":5,"A":true}"#,
                    ],
                    version: [#"{"A":\#(beyond)}"#, #"{"A":[\#(beyond),1]}"#, #"{"A":[5,6]}"#]),
                place("from"), place("to"), flag("last"),
            ]
        ),
        (
            "delta",
            [
                field(
                    "mode", "\"state\"", ["5", "\"\"", "\"State\"", "\"logs\"", "\"content\"", "null"]),
                field("request", "[1,2,3]", ["5", "[1,2]", "[1,2,3,4]", "[1,-2,3]", "[1,2,\"3\"]", "null"]),
                number("epoch"),
                field("span", "[1,2,3]", ["5", "[1]", "[1,2]", "[1,2,3,4,5]", "[1,2,-3]", "[1,2,3,-4]", "null"]),
                field("lines", #"[1,"00ab12cd"]"#, wrongLines), optional("window"),
            ]
        ),
        ("mark", [number("sequence"), field("lines", #"[1,"00ab12cd"]"#, wrongLines)]),
        (
            "forgot",
            [
                number("since"), number("epoch"),
                field("keys", #"["a","b"]"#, ["5", "{}", "[5]", "[null]", "\"a\"", "null"]), flag("last"),
            ]
        ),
        (
            "commit",
            [
                number("sequence"), lines,
                field(
                    "sources", #"{"A":[0,5]}"#,
                    ["5", "[]", "null", #"{"A":5}"#, #"{"A":[5]}"#, #"{"A":[0,5,3,1]}"#, #"{"A":[0,-5]}"#],
                    version: [#"{"A":[6,5]}"#, #"{"A":[0,\#(beyond)]}"#, #"{"A":[0,5,6]}"#]),
                place("from"), place("to"), flag("last"),
            ]
        ),
        ("reject", [text("reason")]),
        ("export", [text("source"), version("lamport"), number("incarnation"), flag("classic"), time("now")]),
        // The head of a piece.
        (
            "export",
            [
                text("source"), version("lamport"), number("incarnation"), cursor("piece"), cursor("follows"),
                flag("exceptions"),
            ]
        ),
    ]

    private func outcome(_ line: String) -> Failure.Code? {
        var decoder = JanssonJudge(limits: Limits())
        return failure { () throws(Failure) in
            try line.lend { (line) throws(Failure) in try decoder.read(line) { _ in } }
        }
    }

    private func line(_ name: String, _ members: [(String, String)]) -> String {
        let body = members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        return #"{"digest":true,"\#(name)":{\#(body)}}"#
    }

    @Test("Each field, missing and with each invalid value", arguments: messages.indices)
    func fields(index: Int) throws {
        let (name, fields) = Self.messages[index]
        let valid = fields.map { ($0.name, $0.valid) }
        #expect(outcome(line(name, valid)) == nil)
        #expect(outcome(line(name, valid.reversed() + [("later", "[{}]")])) == nil)
        for (position, field) in fields.enumerated() {
            var members = valid
            members.remove(at: position)
            let missing = outcome(line(name, members))
            check(
                missing == (field.mayBeMissing ? nil : .message),
                "without \(field.name): \(String(describing: missing))")
            for (text, code) in field.invalid {
                members = valid
                members[position].1 = text
                let told = outcome(line(name, members))
                check(told == code, "\(field.name) as \(text): \(String(describing: told)), not \(code)")
            }
        }
    }

    @Test(
        "A body that is not an object", arguments: messages.map(\.name) + ["cover"],
        ["5", "null", "true", "\"text\"", "[]", "[1,2]"])
    func bodies(name: String, body: String) {
        #expect(outcome(#"{"digest":true,"\#(name)":\#(body)}"#) == .message)
    }

    @Test(
        "Intervals of a cover",
        arguments: [
            (#"{"A":[0,5]}"#, nil), ("{}", nil), (#"{"A":[5,5],"B":[0,9007199254740991]}"#, nil),
            (#"{"A":[5]}"#, .message), (#"{"A":[0,5,6]}"#, .version), (#"{"A":[0,5,3]}"#, nil),
            (#"{"A":[0,5,3,0]}"#, .message), (#"{"A":5}"#, .message),
            (#"{"A":[-1,5]}"#, .message), (#"{"A":["0",5]}"#, .message), (#"{"A":null}"#, .message),
            (#"{"A":[5,4]}"#, .version), (#"{"A":[0,9007199254740992]}"#, .version),
            (#"{"B":[0,1],"A":[5,4]}"#, .version), (#"{"A":[0,1],"A":[0,1]}"#, .duplicate),
        ] as [(String, Failure.Code?)])
    func covers(body: String, code: Failure.Code?) {
        #expect(outcome(#"{"digest":true,"cover":\#(body),"lines":[1,"00ab12cd"]}"#) == code)
    }

    @Test("A cover needs its lines")
    func coverLines() {
        #expect(outcome(#"{"digest":true,"cover":{"A":[0,5]}}"#) == .message)
        for lines in Self.wrongLines {
            #expect(outcome(#"{"digest":true,"cover":{"A":[0,5]},"lines":\#(lines)}"#) == .message, "\(lines)")
        }
    }

    @Test(
        "The timestamp of a republished update",
        arguments: [
            (#"["A",3]"#, nil), (#"["\u00e9",9007199254740991]"#, nil), (#"["A"]"#, .message),
            (#"["A",3,4]"#, .message),
            (#"[3,"A"]"#, .message), (#"["A",0]"#, .version), (#"["A",-1]"#, .version), (#"["A","3"]"#, .version),
            (#"["A",3.0]"#, .version), (#"["A",9007199254740992]"#, .version), (#"{"A":3}"#, .message),
            ("null", .message), (#""A""#, .message), ("3", .message),
        ] as [(String, Failure.Code?)])
    func written(text: String, code: Failure.Code?) {
        #expect(outcome(#"{"key":"k","value":1,"source_id":"B","version":5,"written":\#(text)}"#) == code)
        #expect(
            outcome(#"{"written":\#(text),"key":"k","value":null,"source_id":"B","version":5,"deleted":true}"#) == code)
    }

    @Test("An end is a number; a log and an early delta need no number of their own; a twin is a flag")
    func others() {
        #expect(outcome(#"{"digest":true,"end":5}"#) == nil)
        for text in ["-1", "5.0", "\"5\"", "{}"] { #expect(outcome(#"{"digest":true,"end":\#(text)}"#) == .message) }
        for mode in ["log", "early"] {
            #expect(outcome(#"{"digest":true,"delta":{"mode":"\#(mode)","request":[1,2,3]}}"#) == nil)
        }
        for text in ["true", "false"] { #expect(outcome(#"{"digest":true,"twin":\#(text)}"#) == nil) }
        for text in ["1", "null", "{}", "\"x\""] { #expect(outcome(#"{"digest":true,"twin":\#(text)}"#) == .message) }
    }

    @Test("A number beyond 2^63-1 is not read")
    func large() {
        #expect(outcome(#"{"digest":true,"request":{"revision":9223372036854775808,"from":0}}"#) == .message)
    }

    @Test("A line of the extended dialect means nothing without the digest in front")
    func withoutDigest() {
        #expect(outcome(#"{"request":{"revision":1,"from":0}}"#) == .message)
        #expect(outcome(#"{"digest":false,"request":{"revision":1,"from":0}}"#) == .message)
    }
}
