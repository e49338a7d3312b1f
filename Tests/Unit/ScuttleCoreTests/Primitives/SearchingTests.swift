import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Compares the searches with loops over single bytes, around every length and offset at which sixteen bytes begin and end.
@Suite("Searching bytes")
struct SearchingTests {
    /// Lends the bytes at an odd address, with the searched byte right before and behind them.
    private func lend(_ bytes: [UInt8], around neighbour: UInt8, _ body: (Bytes) -> Void) {
        ([neighbour] + bytes + [neighbour]).lend { body(Bytes(rebasing: $0[1..<1 + bytes.count])) }
    }

    private func examine(_ bytes: [UInt8]) {
        lend(bytes, around: 0) {
            check($0.offset(of: 0) == bytes.firstIndex(of: 0), "the first NUL of \(bytes)")
            check($0.count(of: 0) == bytes.count { $0 == 0 }, "the NULs of \(bytes)")
        }
        lend(bytes, around: 0x22) { text in
            for start in 0...bytes.count {
                let end = bytes[start...].firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c } ?? bytes.count
                let found = text.endOfPlainText(from: start)
                check(found.offset == end, "from \(start) in \(bytes)")
                if found.isASCII {
                    check(bytes[start..<end].allSatisfy { $0 < 0x80 }, "not ASCII from \(start): \(bytes)")
                }
                if bytes.allSatisfy({ $0 < 0x80 }) { check(found.isASCII, "ASCII from \(start): \(bytes)") }
            }
        }
    }

    @Test("One byte, of each kind, anywhere in texts of up to 40", arguments: 0...40)
    func one(count: Int) {
        let plain = [UInt8](repeating: 0x61, count: count)
        examine(plain)
        for place in 0..<count {
            for byte in [0x00, 0x01, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0xa2, 0xff] as [UInt8]
            {
                var text = plain
                text[place] = byte
                examine(text)
            }
        }
    }

    @Test("Random bytes, some of them searched for")
    func random() {
        var random = TestRandom(seed: 3)
        for _ in 0..<300 {
            examine(random.bytes(random.below(70), of: [0x61, 0x7a, 0x7f, 0xc3, 0xa9, 0x22, 0x5c, 0x1f, 0x00]))
        }
    }

    @Test("No bytes, with an address or without")
    func none() {
        for nothing in [Bytes(start: nil, count: 0), Bytes("")] {
            #expect(nothing.offset(of: 0) == nil)
            #expect(nothing.endOfPlainText(from: 0) == (0, true))
        }
    }
}
