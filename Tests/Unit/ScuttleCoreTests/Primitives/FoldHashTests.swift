import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("FoldHash")
struct FoldHashTests {
    private func inPieces(_ pieces: [[UInt8]], seed: UInt64 = 0) -> UInt64 {
        var hash = FoldHash(seed: seed)
        for piece in pieces { piece.lend { hash.add($0) } }
        return hash.value
    }

    @Test("Two numbers are combined as by long multiplication")
    func fold() {
        let ends: [UInt64] = [0, 1, 2, 0xffff_ffff, 1 << 32, 1 << 63, .max - 1, .max]
        for a in ends {
            for b in ends { check(FoldHash.fold(a, b) == NaiveFoldHash.fold(a, b), "\(a) and \(b)") }
        }
        var random = TestRandom(seed: 1)
        for _ in 0..<1000 {
            let (a, b) = (random.next(), random.next())
            check(FoldHash.fold(a, b) == NaiveFoldHash.fold(a, b), "\(a) and \(b)")
        }
    }

    @Test("As the naive hash, for every length to 100, and any seed")
    func lengths() {
        var random = TestRandom(seed: 2)
        for length in 0...100 {
            let bytes = random.bytes(length)
            for seed in [0, 1, UInt64.max, random.next()] {
                let expected = NaiveFoldHash.hash(bytes, seed: seed)
                let mine = bytes.lend { FoldHash.hash($0, seed: seed) }
                check(mine == expected, "\(length) bytes")
            }
        }
    }

    @Test("The pieces do not matter: every cut of up to 12 bytes, and any two cuts of up to 70")
    func cuts() {
        var random = TestRandom(seed: 3)
        for length in 1...12 {
            let bytes = random.bytes(length)
            let expected = NaiveFoldHash.hash(bytes)
            withEveryCut(of: bytes) { pieces in
                check(inPieces(pieces) == expected, "\(length) bytes in \(pieces.map(\.count))")
            }
        }
        for length in [13, 15, 16, 17, 31, 32, 33, 47, 48, 49, 70] {
            let bytes = random.bytes(length)
            let expected = NaiveFoldHash.hash(bytes, seed: 9)
            for first in 0...length {
                for second in first...length {
                    let pieces = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                    check(inPieces(pieces, seed: 9) == expected, "\(length) bytes in \(pieces.map(\.count))")
                }
            }
        }
    }

    @Test("Byte by byte, with the value read in between")
    func growing() {
        var random = TestRandom(seed: 4)
        let bytes = random.bytes(50)
        var hash = FoldHash()
        for count in 0...50 {
            check(hash.value == NaiveFoldHash.hash(Array(bytes[..<count])), "after \(count) bytes")
            if count < 50 { [bytes[count]].lend { hash.add($0) } }
        }
    }

    @Test("At any alignment, without the bytes behind the end")
    func alignments() {
        var random = TestRandom(seed: 5)
        let bytes = random.bytes(64)
        for start in 0..<17 {
            for count in 0..<40 {
                let expected = NaiveFoldHash.hash(Array(bytes[start..<start + count]))
                let mine = bytes.lend { FoldHash.hash(Bytes(rebasing: $0[start..<start + count])) }
                check(mine == expected, "\(count) bytes from \(start)")
            }
        }
    }

    @Test("Zeros count, although the last block is filled up with them; any changed bit changes the hash")
    func distinct() {
        let zeros = (0...40).map { [UInt8](repeating: 0, count: $0).lend { FoldHash.hash($0) } }
        #expect(Set(zeros).count == 41)
        var random = TestRandom(seed: 6)
        let bytes = random.bytes(33)
        var seen: Set<UInt64> = [bytes.lend { FoldHash.hash($0) }]
        for place in bytes.indices {
            for bit in 0..<8 as Range<UInt8> {
                var changed = bytes
                changed[place] ^= 1 << bit
                seen.insert(changed.lend { FoldHash.hash($0) })
            }
        }
        #expect(seen.count == 1 + 33 * 8)
    }

    @Test("These hashes never change: replicas of all versions compare them")
    func known() {
        #expect("".lend { FoldHash.hash($0) } == NaiveFoldHash.hash([]))
        #expect("".lend { FoldHash.hash($0) } == 0xedee_8bae_2d56_beab)
        #expect("a".lend { FoldHash.hash($0) } == 0x0ca9_e668_8d9f_db47)
        #expect("The quick brown fox jumps over the lazy dog".lend { FoldHash.hash($0) } == 0x9e6a_1803_cb6c_ba54)
    }
}
