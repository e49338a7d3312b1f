import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Values on both paths. The values that must be accepted here are those that the fast path exists for.
@Suite("CanonicalValue")
struct CanonicalValueTests {
    private func isDirect(_ text: String, _ limits: Limits = Limits()) -> Bool {
        var paths = BothPaths(limits)
        return paths.takeDirectly(value: [UInt8](text))
    }

    @Test(
        "Accepted",
        arguments: [
            "null", "true", "false", "0", "-0", "7", "-12", "9007199254740993", "999999999999999999",
            "9223372036854775807", "-9223372036854775807", "1.50", "-0.0", "0.1", "1e3", "1E+03", "2.5e-10", "0e0",
            "9999999999999999999.0", "9999999999999999999e99", "1e-99",
            "1.00000000000000000000000000000000000000000001",
            #""""#, #""a""#, #""a b""#, #""{}[]:,""#, "\"é\"", "\"\u{1f600}\"", "\"\u{7f}\"", "\"\u{ffff}\"",
            #""\"\\\/\b\f\n\r\t""#, #""\u0000\u001f\u00e9\uCFFF\uE000\uffff""#, "[]", "{}", "[[]]", "[{}]", "[1,2]",
            #"["a",1,null,true,false,[],{}]"#, #"{"a":1}"#, #"{"":1}"#, #"{"a":{"a":{"a":1}}}"#,
            #"{"b":1,"a":[{"b":1}]}"#,
            #"[{"a":1},{"a":1}]"#, #"{"a":{},"b":{}}"#, "{\"é\":1,\"è\":1}",
        ])
    func accepted(text: String) {
        #expect(isDirect(text))
    }

    @Test(
        "Values that only jansson accepts",
        arguments: [
            "-9223372036854775808", "10000000000000000000.0", "1e100", "1e-100", "1e003", "1.7976931348623157e308",
            "5e-324", #""\ud83d\ude00""#, #""\ud7ff""#, #"{"\u0061":1}"#, #"{"a\n":1}"#, " 1", "1 ", "[1, 2]", "[ ]",
            "{\"a\": 1}", "\t1", "1\n", "\r1",
        ])
    func left(text: String) {
        #expect(!isDirect(text))
        var values = ValueText()
        #expect(
            failure { () throws(Failure) in
                try text.lend { (text) throws(Failure) in _ = try values.check(text, Limits()) }
            } == nil)
    }

    @Test(
        "Refused",
        arguments: [
            "", " ", "-", "--1", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1ee1", "1e1.0", "1a",
            "0x1", "1 2", "1,2", "NaN", "Infinity", "-Infinity", "nul", "nulL", "nulll", "null1", "True", "tru",
            "falsee",
            "9223372036854775808", "-9223372036854775809", "9999999999999999999", "18446744073709551616",
            "99999999999999999999", "1e309", "1e999", "'a'", "a", "\"", "\"a", "\"a\\\"", "\"\\", "\"\\x\"", "\"\\u\"",
            "\"\\u12\"", "\"\\u123g\"", "\"\\u12 4\"", "\"\\U0041\"", "\"\t\"", "\"\n\"", "\"\0\"", "\"\u{1f}\"",
            #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\udc00\ud800""#, #""\uD800\uD800""#, #""\uDFFF""#, "[",
            "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1}", "{]", "{,}", "{\"a\"}", "{\"a\":}",
            "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\":1]", "{\"a\",1}", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}",
            "{\"a\"::1}", "{:1}", "{\"a\":1,,\"b\":1}", "[]]", "{}}", "[][]", "{}1", #"{"a":1,"a":1}"#,
            #"{"a":{"b":1,"b":2}}"#, #"{"a":[{}],"b":{"c":{}},"a":1}"#, #"{"":1,"":2}"#, #"[{"a":1,"\u0061":2}]"#,
            #"{"\u0000":1}"#, "// x\n1", "\u{feff}1",
        ])
    func refused(text: String) {
        #expect(!isDirect(text))
    }

    @Test("Strings of every two bytes")
    func twoBytes() {
        var paths = BothPaths()
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max { _ = paths.takeDirectly(value: [0x22, first, second, 0x22]) }
        }
    }

    @Test("Strings of three and four bytes from the edges of UTF-8 and of escapes, in text that is long enough or not")
    func edgesOfUTF8() {
        var paths = BothPaths()
        var accepted = 0
        let edges: [UInt8] = [
            0x1f, 0x22, 0x5c, 0x75, 0x61, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef,
            0xf0, 0xf4, 0xf5,
        ]
        withEvery(upTo: 3, over: edges) {
            accepted += paths.takeDirectly(value: [0x22] + $0 + [0x22]) ? 1 : 0
        }
        withEvery(upTo: 3, over: [0x61, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0] as [UInt8]) { tail in
            for first in [0xe0, 0xed, 0xee, 0xf0, 0xf1, 0xf4, 0xf5, 0xff] as [UInt8] {
                let text = [0x22, first] + tail + [0x22]
                accepted += paths.takeDirectly(value: text) ? 1 : 0
                accepted += paths.takeDirectly(value: [0x5b] + text + [UInt8](#","0123456789abcdef"]"#)) ? 1 : 0
            }
        }
        #expect(accepted > 1000)
    }

    @Test("Every four pieces of structure")
    func structure() {
        var paths = BothPaths()
        var accepted = 0
        let pieces = ["{", "}", "[", "]", ",", ":", #""a""#, #""b""#, "1", #""a":1"#, "null", "-", " "]
        withEvery(upTo: 4, over: pieces) { pieces in
            accepted += paths.takeDirectly(value: [UInt8](pieces.joined())) ? 1 : 0
        }
        #expect(accepted > 20)
    }

    @Test("Every five characters of numbers")
    func numbers() {
        var paths = BothPaths()
        var accepted = 0
        withEvery(upTo: 5, over: [UInt8]("019-+.eE")) { accepted += paths.takeDirectly(value: $0) ? 1 : 0 }
        #expect(accepted > 1000)
    }

    @Test("Up to the limit of depth, but no deeper than 64", arguments: [1, 2, 63, 64, 65, 1024])
    func depth(limit: Int) {
        var limits = Limits()
        limits.depth = limit
        for depth in [1, 2, 63, 64, 65, 66, 1024, 1025] {
            let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let objects = String(repeating: "{\"a\":", count: depth - 1) + "{" + String(repeating: "}", count: depth)
            #expect(isDirect(arrays, limits) == (depth <= min(limit, 64)), "\(depth)")
            // Each open object has a name.
            #expect(isDirect(objects, limits) == (depth <= min(limit, 33)), "\(depth)")
        }
    }

    @Test("Names up to the capacity, and duplicates found anywhere among them")
    func names() {
        func object(_ names: [Int]) -> String {
            "{" + names.map { "\"name\($0)\":{\"x\":\($0)}" }.joined(separator: ",") + "}"
        }
        // One is the inner object's.
        for count in 1...40 { #expect(isDirect(object(Array(1...count))) == (count < 32), "\(count)") }
        for count in 2...12 {
            for first in 1..<count {
                for second in first + 1...count {
                    var names = Array(1...count)
                    names[second - 1] = first
                    #expect(!isDirect(object(names)), "\(names)")
                }
            }
        }
        // Closed objects free their names.
        #expect(isDirect("[" + (1...100).map { "{\"a\":\($0),\"b\":{\"a\":[]}}" }.joined(separator: ",") + "]"))
        #expect(isDirect(object(Array(1...16)).replacing("\"x\":1}", with: "\"x\":1,\"y\":2,\"z\":3}")))
    }

    @Test("Random values, compact ones with and without parts that are left to jansson", arguments: 0..<40)
    func random(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var paths = BothPaths()
        for _ in 0..<50 {
            let value = random.json(depth: 4)
            _ = paths.takeDirectly(value: [UInt8](value.compact))
            _ = paths.takeDirectly(value: [UInt8](value.spaced(&random)))
            let simple = random.simpleJSON(depth: 4)
            check(paths.takeDirectly(value: [UInt8](simple)), "left to jansson: \(simple)")
        }
    }
}
