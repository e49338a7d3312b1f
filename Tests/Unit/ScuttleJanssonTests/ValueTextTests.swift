import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("ValueText")
struct ValueTextTests {
    private func checked(_ text: String, _ adjust: (inout Limits) -> Void = { _ in }) -> (String?, Failure.Code?) {
        var values = ValueText()
        var limits = Limits()
        adjust(&limits)
        var result: String?
        let code = failure { () throws(Failure) in
            result = try text.lend { (text) throws(Failure) in try values.check(text, limits).text }
        }
        return (result, code)
    }

    @Test(
        "Numbers keep their spelling, strings their escapes, objects the order of their members",
        arguments: [
            "1.50", "-0", "-0.0", "1E+03", "1e3", "100000000000000000000.0", "9007199254740993", "-9223372036854775808",
            "9223372036854775808", "-9223372036854775809", "12345678901234567890",
            #""\u0041""#, #""\/""#, #""\ud83d\ude00""#, "\"é\"", "\"a b\\tc\"", #"{"b":1,"a":2}"#, "[1,1.0,1e0]",
            "null",
            #""\u0000""#,
        ])
    func kept(text: String) {
        #expect(checked(text) == (text, nil))
        #expect(checked(" \t\r\n" + text + "\n ") == (text, nil))
    }

    @Test("Random values with white space anywhere become their tokens", arguments: 0..<40)
    func compacted(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        for _ in 0..<10 {
            let value = random.json(depth: 4)
            let spaced = value.spaced(&random)
            check(checked(spaced) == (value.compact, nil), "\(spaced) became \(checked(spaced))")
        }
    }

    @Test(
        "Invalid JSON is rejected with its own code",
        arguments: [
            ("", .json), (" ", .json), ("{", .json), ("[1,]", .json), ("{\"a\":1,}", .json), ("01", .json),
            ("1.", .json),
            (".5", .json), ("+1", .json), ("NaN", .json), ("Infinity", .json), ("-", .json), ("'a'", .json),
            ("{a:1}", .json),
            ("// x\n1", .json), ("1 2", .json), ("\"\\x\"", .json), ("\"\t\"", .json), ("\"\\ud800\"", .json),
            ("nul", .json),
            ("\u{feff}1", .json), ("{\"a\":1,\"a\":1}", .duplicate), ("[{\"a\":1,\"\\u0061\":2}]", .duplicate),
            ("1e309", .number), ("-1e309", .number), ("1\(String(repeating: "0", count: 309))", .number),
            ("[-1e999]", .number),
            ("{\"\\u0000\":1}", .nul),
        ] as [(String, Failure.Code)])
    func refused(text: String, code: Failure.Code) {
        #expect(checked(text).1 == code)
    }

    @Test(
        "Long tokens, for which jansson reads a string in front of the text, change nothing",
        arguments: [
            ("1234567890123456,2", .json), ("1234567890123456],[2", .json), ("1234567890123456]", .json),
            ("\"a string that is long\",", .json), ("\"a string that does not end", .json),
            ("\"a string that ends with a backslash \\", .json), ("anidentifierthatislong", .json),
            ("[12345678901234567e]", .json),
            ("\"a string with a control character \t\"", .json),
            ("{\"a name that is long\":1,\"a name that is long\":2}", .duplicate),
            ("[1234567890123456,\"a string that is long\u{7f}\", {\"a name that is long\": [null]}]", nil),
            ("123456789012345", nil),
        ] as [(String, Failure.Code?)])
    func long(text: String, code: Failure.Code?) {
        #expect(checked(text + " ").1 == code)
        for length in 10..<70 {
            let string =
                "\"\(String(repeating: "\\u0041", count: length / 6))\(String(repeating: "b", count: length % 6))\""
            #expect(checked("[ \(string) ]").0 == "[\(string)]")
        }
    }

    @Test("Bytes that are not UTF-8 are rejected")
    func notUTF8() {
        var values = ValueText()
        for bytes in [[0x22, 0xff, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc0, 0x80, 0x22]] as [[UInt8]] {
            let code = failure { () throws(Failure) in
                try bytes.lend { (text) throws(Failure) in _ = try values.check(text, Limits()) }
            }
            #expect(code == .utf8)
        }
    }

    /// Returns a text with a NUL byte for each "@".
    private func withNUL(_ text: String) -> String {
        text.replacing("@", with: "\0")
    }

    @Test(
        "A NUL byte is not JSON, anywhere in the text",
        arguments: [
            "@", "@1", "[1,@2]", "\"@\"", "{}@", "[@]", "1@", "[1@]", "true@", "[null@,2]", "{\"a\":1.5@}",
        ])
    func nul(text: String) {
        #expect(checked(withNUL(text)).1 == .json)
    }

    @Test("Depth and size: at the limit, and one over")
    func limits() {
        for depth in 1...5 {
            let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            check(checked(text) { $0.depth = depth }.1 == nil, "\(text) at its depth")
            check(checked(text) { $0.depth = depth - 1 }.1 == .depth, "\(text) deeper than allowed")
            let objects = String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
            check(checked(objects) { $0.depth = depth }.1 == nil, "\(objects) at its depth")
            check(checked(objects) { $0.depth = depth - 1 }.1 == .depth, "\(objects) deeper than allowed")
        }
        #expect(checked("\"[[[[\"") { $0.depth = 1 }.1 == nil)
        #expect(checked("[[],[],{}]") { $0.depth = 2 }.1 == nil)
        #expect(checked("12345") { $0.valueBytes = 5 }.1 == nil)
        #expect(checked("123456") { $0.valueBytes = 5 }.1 == .valueSize)
    }

    @Test("One buffer serves many values, small after large")
    func reused() {
        var values = ValueText()
        for count in [1, 3000, 2, 100_000, 0] {
            let text = "[ " + String(repeating: "1, ", count: count) + "2 ]"
            let expected = "[" + String(repeating: "1,", count: count) + "2]"
            let result = try? text.lend { (text) throws(Failure) in try values.check(text, Limits()).text }
            #expect(result == expected)
        }
    }
}
