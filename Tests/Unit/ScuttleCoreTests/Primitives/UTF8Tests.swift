import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// A key of the host must be valid for its peers, so three judges must agree: the library's check, a reference after RFC 3629,
/// and jansson.
@Suite("UTF-8")
struct UTF8Tests {
    /// The bytes at the borders of RFC 3629's syntax.
    private static let borders: [UInt8] = [
        0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
        0xef,
        0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ]

    /// RFC 3629, section 4.
    private static func isUTF8(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        while let first = rest.popFirst() {
            let tails: [ClosedRange<UInt8>]
            switch first {
            case 0x00...0x7f: tails = []
            case 0xc2...0xdf: tails = [0x80...0xbf]
            case 0xe0: tails = [0xa0...0xbf, 0x80...0xbf]
            case 0xe1...0xec, 0xee...0xef: tails = [0x80...0xbf, 0x80...0xbf]
            case 0xed: tails = [0x80...0x9f, 0x80...0xbf]
            case 0xf0: tails = [0x90...0xbf, 0x80...0xbf, 0x80...0xbf]
            case 0xf1...0xf3: tails = [0x80...0xbf, 0x80...0xbf, 0x80...0xbf]
            case 0xf4: tails = [0x80...0x8f, 0x80...0xbf, 0x80...0xbf]
            default: return false
            }
            for tail in tails {
                guard let next = rest.popFirst(), tail.contains(next) else { return false }
            }
        }
        return true
    }

    private func accepts(_ text: [UInt8]) -> Bool {
        text.lend { text in failure { () throws(Failure) in try text.checkUTF8("the text") } } == nil
    }

    @Test("Every text of one or two bytes")
    func twoBytes() {
        for first in UInt8.min...UInt8.max {
            check(accepts([first]) == Self.isUTF8([first]), "\([first])")
            for second in UInt8.min...UInt8.max {
                check(accepts([first, second]) == Self.isUTF8([first, second]), "\([first, second])")
            }
        }
    }

    @Test("Every text of three bytes at the borders, and of four that begins like one of four")
    func borders() {
        let tails: [UInt8] = [0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0]
        for a in Self.borders {
            for b in Self.borders {
                for c in Self.borders {
                    check(accepts([a, b, c]) == Self.isUTF8([a, b, c]), "\([a, b, c])")
                    guard a >= 0xef, tails.contains(b), tails.contains(c) else { continue }
                    for d in tails { check(accepts([a, b, c, d]) == Self.isUTF8([a, b, c, d]), "\([a, b, c, d])") }
                }
            }
        }
    }

    @Test("jansson agrees, so a peer accepts every key that a host may set")
    func jansson() {
        var decoder = JanssonJudge(limits: Limits())
        withEvery(upTo: 3, over: Self.borders.filter { $0 >= 0x41 }) { text in
            let line = [UInt8](#"{"key":"x"#) + text + [UInt8](#"","value":1,"source_id":"A","version":1}"#)
            let code = line.lend { line in
                failure { () throws(Failure) in try decoder.read(line) { (_) throws(Failure) in } }
            }
            check(code == (accepts(text) ? nil : .utf8), "\(text): \(String(describing: code))")
        }
    }

    @Test("No bytes are text")
    func nothing() {
        #expect(failure { () throws(Failure) in try Bytes(start: nil, count: 0).checkUTF8("it") } == nil)
    }
}
