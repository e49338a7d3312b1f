import ScuttleJansson
import Testing

@testable import ScuttleTesting

@Suite("ValueOrder")
struct ValueOrderTests {
    /// Values in their order; those on one line are equal.
    private static let ascending: [[String]] = [
        ["null"],
        ["false"],
        ["true"],
        ["-1.7976931348623157e308"],
        ["-1e19", "-10000000000000000000.0"],
        ["-9223372036854777856.0"],
        ["-9223372036854775808", "-9223372036854775808.0", "-9.223372036854775808e18"],
        ["-9223372036854775807"],
        ["-9223372036854774784", "-9223372036854774784.0"],
        ["-9007199254740994", "-9007199254740994.0"],
        ["-9007199254740993"],
        ["-9007199254740992", "-9007199254740992.0", "-9007199254740993.0"],
        ["-9007199254740991", "-9007199254740991.0"],
        ["-4503599627370497.5"],
        ["-4503599627370497"],
        ["-2.5"],
        ["-2", "-2.0", "-2e0"],
        ["-1.5"],
        ["-1", "-1.0"],
        ["-0.5"],
        ["-5e-324"],
        ["0", "-0", "0.0", "-0.0", "0e5", "1e-400"],
        ["5e-324"],
        ["0.1", "1e-1", "0.10"],
        ["0.5"],
        ["1", "1.0", "10e-1", "1E0", "1e+0"],
        ["1.0000000000000002"],
        ["1.5"],
        ["2"],
        ["4503599627370496.5"],
        ["9007199254740991", "9007199254740991.0"],
        ["9007199254740992", "9007199254740992.0", "9007199254740993.0"],
        ["9007199254740993"],
        ["9007199254740994", "9007199254740994.0"],
        ["9223372036854774784", "9223372036854774784.0"],
        ["9223372036854775806"],
        ["9223372036854775807"],
        ["9223372036854775808.0", "9223372036854775807.0", "9.223372036854775808e18"],
        ["9223372036854777856.0"],
        ["1.7976931348623157e308"],
        ["\"\""],
        ["\"\\u0000\""],
        ["\"\\u0001\""],
        ["\"1\"", "\"\\u0031\""],
        ["\"A\""],
        ["\"a\"", "\"\\u0061\""],
        ["\"a\\u0000\""],
        ["\"a/\"", "\"a\\/\""],
        ["\"aa\""],
        ["\"b\""],
        ["\"é\"", "\"\\u00e9\"", "\"\\u00E9\""],
        // By code points: U+FFFF precedes U+10000, other than in UTF-16.
        ["\"\u{ffff}\"", "\"\\uffff\""],
        ["\"\u{10000}\"", "\"\\ud800\\udc00\"", "\"\\uD800\\uDC00\""],
        ["[]", "[ ]"],
        ["[null]"],
        ["[null,null]", "[null, null]"],
        ["[null,false]"],
        ["[0]", "[0.0]"],
        ["[0,99]"],
        ["[1]", "[1.0]", "[ 1 ]"],
        ["[\"\"]"],
        ["[[]]"],
        ["[[[]]]"],
        ["[{}]"],
        ["{}", "{ }"],
        ["{\"\":null}"],
        ["{\"a\":1}", "{\"\\u0061\":1.0}", "{ \"a\" : 1 }"],
        ["{\"a\":1,\"b\":0}", "{\"b\":0,\"a\":1}"],
        ["{\"a\":1,\"b\":1}", "{\"b\":1,\"a\":1}"],
        ["{\"a\":1,\"c\":0}", "{\"c\":0,\"a\":1}"],
        ["{\"a\":2}"],
        ["{\"a\":[]}"],
        ["{\"aa\":0}"],
        ["{\"b\":{\"x\":1,\"y\":2}}", "{\"b\":{\"y\":2,\"x\":1}}"],
        ["{\"é\":0}", "{\"\\u00e9\":0}"],
    ]

    private func compare(_ a: String, _ b: String) -> Int {
        a.lend { a in b.lend { b in ValueOrder.compare(a, b).signum() } }
    }

    @Test("A list in its order: any two compare as their indices, so the order is total, and spelling does not count")
    func list() {
        let places = Self.ascending.enumerated().flatMap { place, texts in texts.map { (place, $0) } }
        for (mine, a) in places {
            for (other, b) in places {
                check(compare(a, b) == (mine - other).signum(), "\(a) and \(b) compare as \(compare(a, b))")
            }
        }
    }

    @Test("Random values: both ways, in rings of three, and in other spellings", arguments: 0..<8)
    func random(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let pool = (0..<24).map { _ in random.json() }
        let texts = pool.map(\.compact)
        let order = texts.map { a in texts.map { b in compare(a, b) } }
        for a in pool.indices {
            let spaced = pool[a].spaced(&random)
            for b in pool.indices {
                check(order[a][b] == -order[b][a], "\(texts[a]) and \(texts[b])")
                check(compare(spaced, texts[b]) == order[a][b], "\(spaced) and \(texts[b])")
                for c in pool.indices where order[a][b] <= 0 && order[b][c] <= 0 {
                    let expected = min(order[a][b], order[b][c])
                    check(order[a][c] == expected, "\(texts[a]), \(texts[b]), \(texts[c])")
                }
            }
        }
    }

    @Test("Integers and reals near the powers of two at which they differ, compared with 64-bit mantissas")
    func mixed() {
        #if arch(x86_64)
            var numbers: [(text: String, value: Float80)] = []
            for power in [52, 53, 54, 62, 63] {
                for offset in -3...3 {
                    let near = Float80(sign: .plus, exponent: power, significand: 1) + Float80(offset)
                    for value in [near, -near] {
                        if value >= -0x1p63, value < 0x1p63 { numbers.append(("\(Int64(value))", value)) }
                        let real = Double(value)
                        for neighbour in [real.nextDown, real, real.nextUp] {
                            numbers.append(("\(neighbour)", Float80(neighbour)))
                        }
                    }
                }
            }
            for a in numbers {
                for b in numbers {
                    let expected = a.value < b.value ? -1 : a.value > b.value ? 1 : 0
                    check(compare(a.text, b.text) == expected, "\(a.text) and \(b.text)")
                }
            }
        #endif
    }

    @Test("Nested as deep as max_depth can be")
    func deep() {
        let depth = 1024
        let (open, close) = (String(repeating: "[", count: depth), String(repeating: "]", count: depth))
        #expect(compare(open + close, open + "0" + close) == -1)
        #expect(compare(open + "1" + close, open + "1.0" + close) == 0)
    }
}
