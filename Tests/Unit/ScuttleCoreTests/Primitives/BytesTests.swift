import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Compares bytes with Swift's own arrays.
@Suite("Bytes")
struct BytesTests {
    private static let alphabet: [UInt8] = [0x00, 0x7f, 0x80, 0xff]

    private static var allShort: [[UInt8]] {
        var all: [[UInt8]] = []
        withEvery(upTo: 3, over: alphabet) { all.append($0) }
        return all
    }

    /// Lends two arrays at odd addresses, with different bytes around them.
    private func lend(_ a: [UInt8], _ b: [UInt8], _ body: (Bytes, Bytes) -> Void) {
        let (first, second) = ([1, 2, 3] + a + [4, 5], [6] + b + [7, 8])
        first.lend { first in
            second.lend { second in
                body(Bytes(rebasing: first[3..<3 + a.count]), Bytes(rebasing: second[1..<1 + b.count]))
            }
        }
    }

    private func compare(_ a: [UInt8], _ b: [UInt8]) {
        lend(a, b) {
            check($0.equals($1) == (a == b), "equals: \(a) \(b)")
            check($0.precedes($1) == a.lexicographicallyPrecedes(b), "precedes: \(a) \(b)")
            check($0.begins(with: $1) == a.starts(with: b), "begins: \(a) \(b)")
        }
    }

    @Test("Every two short texts")
    func short() {
        let all = Self.allShort
        for a in all {
            for b in all { compare(a, b) }
        }
    }

    @Test("Texts that differ behind a common prefix of any length to 17", arguments: 0...17)
    func behindAPrefix(length: Int) {
        let prefix = [UInt8](repeating: 0x61, count: length)
        var tails: [[UInt8]] = []
        withEvery(upTo: 2, over: Self.alphabet) { tails.append($0) }
        for a in tails {
            for b in tails { compare(prefix + a, prefix + b) }
        }
    }

    @Test("One byte differs, anywhere in 20, whatever follows")
    func oneByte() {
        var random = TestRandom(seed: 2)
        for position in 0..<20 {
            for _ in 0..<50 {
                let prefix = random.bytes(position)
                let (a, b) = (random.bytes(20 - position), random.bytes(20 - position))
                compare(prefix + a, prefix + b)
            }
        }
    }

    @Test("No bytes: with an address or without, they are equal, a prefix of all, and less than all others")
    func none() {
        let nothing = Bytes(start: nil, count: 0)
        [1].lend { one in
            let empty = Bytes(rebasing: one[..<0])
            for (a, b) in [(nothing, nothing), (nothing, empty), (empty, nothing), (empty, empty)] {
                #expect(a.equals(b))
                #expect(!a.precedes(b))
                #expect(a.begins(with: b))
            }
            #expect(nothing.precedes(one))
            #expect(!one.precedes(nothing))
            #expect(one.begins(with: nothing))
            #expect(!nothing.begins(with: one))
        }
    }

    @Test("A static string is its bytes")
    func staticString() {
        #expect([UInt8](Bytes("null")) == [0x6e, 0x75, 0x6c, 0x6c])
        #expect(Bytes("").isEmpty)
        #expect([UInt8](Bytes("é")) == [0xc3, 0xa9])
        #expect([UInt8](Bytes("x")) == [0x78])
    }
}
