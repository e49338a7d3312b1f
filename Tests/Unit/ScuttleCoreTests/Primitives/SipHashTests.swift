import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("SipHash-1-3")
struct SipHashTests {
    private static let counting = [UInt8](0...255)
    private static let paperKey: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)

    @Test("The reference itself: the example of the paper's appendix A, SipHash-2-4 of 15 bytes")
    func reference() {
        #expect(naiveSipHash(2, 4, key: Self.paperKey, Array(Self.counting[..<15])) == 0xa129_ca61_49be_45e5)
    }

    @Test(
        "As CPython, whose hash() of bytes is SipHash-1-3: with PYTHONHASHSEED=0 the key is zero",
        arguments: [
            ("a", 0x4074_48d2_b89b_1813),
            ("abc", 0xc03b_c3a0_0426_30f2),
            ("abcdefgh", 0x3f7b_849c_0b8e_35ea),
            ("libscuttle: a key-value map", 0x740b_1ca5_ea35_27c0),
        ] as [(String, UInt64)])
    func known(text: String, hash: UInt64) {
        #expect(text.lend { SipHash(key: (0, 0)).hash($0) } == hash)
    }

    @Test("As the reference: every length to 70 at every alignment")
    func lengthsAndAlignments() {
        let hash = SipHash(key: Self.paperKey)
        for start in 0..<8 {
            for count in 0...70 {
                let text = Array(Self.counting[start..<start + count])
                let mine = Self.counting.lend { hash.hash(Bytes(rebasing: $0[start..<start + count])) }
                check(mine == naiveSipHash(1, 3, key: Self.paperKey, text), "\(count) bytes at \(start)")
            }
        }
    }

    @Test("As the reference: random keys and texts, lengths over 256 too")
    func random() {
        var random = TestRandom(seed: 1)
        for _ in 0..<300 {
            let key = (random.next(), random.next())
            let text = random.bytes(random.below(random.oneIn(10) ? 600 : 40))
            let mine = text.lend { SipHash(key: key).hash($0) }
            check(mine == naiveSipHash(1, 3, key: key, text), "key \(key), text \(text)")
        }
    }

    @Test("No bytes hash alike, with and without an address")
    func noBytes() {
        let none = SipHash(key: Self.paperKey).hash(Bytes(start: nil, count: 0))
        #expect(none == naiveSipHash(1, 3, key: Self.paperKey, []))
        #expect(none == Self.counting.lend { SipHash(key: Self.paperKey).hash(Bytes(rebasing: $0[5..<5])) })
    }
}
