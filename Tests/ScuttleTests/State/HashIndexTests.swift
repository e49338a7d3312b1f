import Testing

@testable import Scuttle

@Suite("HashIndex")
struct HashIndexTests {
    /// How hashes come about: spread, few, alike in the half that is kept, all the same.
    enum Hashes: CaseIterable, CustomTestStringConvertible {
        case spread, few, sameTag, sameSlot, same

        func hash(_ number: UInt32) -> UInt64 {
            switch self {
            case .spread: TestRandomHash.mix(UInt64(number))
            case .few: TestRandomHash.mix(UInt64(number % 5))
            case .sameTag: 0xdead_beef_0000_0000 | UInt64(number)
            case .sameSlot: UInt64(number) << 52 | 0x000f_ffff_0000_0000
            case .same: 42
            }
        }

        var testDescription: String { "\(self)" }
    }

    private enum TestRandomHash {
        static func mix(_ number: UInt64) -> UInt64 {
            var random = TestRandom(seed: number)
            return random.next()
        }
    }

    @Test("Every number is found under its hash and no other is, at every size", arguments: Hashes.allCases)
    func model(hashes: Hashes) {
        var index = HashIndex()
        let most: UInt32 = hashes == .same || hashes == .sameTag ? 200 : 1500
        for number in 0..<most {
            let early = index.find(hashes.hash(number)) { $0 == number }
            check(early == nil, "\(number) is found before it is there")
            index.insert(hashes.hash(number), number)
            guard number < 40 || number % 97 == 0 || number == most - 1 else { continue }
            for earlier in 0...number {
                let found = index.find(hashes.hash(earlier)) { $0 == earlier }
                check(found == earlier, "\(earlier) among \(number + 1) is found as \(String(describing: found))")
            }
        }
    }

    @Test("Only numbers with the same upper half of the hash are asked about, each once")
    func asks() {
        var index = HashIndex()
        for number: UInt32 in 0..<10 { index.insert(UInt64(number % 2) << 32, number) }
        var asked: [UInt32] = []
        let found = index.find(1 << 32) {
            asked.append($0)
            return false
        }
        #expect(found == nil)
        #expect(asked.sorted() == [1, 3, 5, 7, 9])
    }

    @Test("The greatest number that can be stored")
    func greatest() {
        var index = HashIndex()
        index.insert(.max, .max - 1)
        index.insert(0, 0)
        let (greatest, least) = (index.find(.max) { _ in true }, index.find(0) { _ in true })
        #expect(greatest == UInt32.max - 1)
        #expect(least == 0)
    }
}
