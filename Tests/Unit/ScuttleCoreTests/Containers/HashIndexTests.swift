import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("HashIndex")
struct HashIndexTests {
    /// The kinds of hashes: spread, few, equal in the stored half, all equal.
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

    @Test("Every id is found under its hash, and no other id, at every size", arguments: Hashes.allCases)
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

    @Test("Beyond the size of a large page, with a long run at its end")
    func large() {
        var index = HashIndex()
        func hash(_ number: UInt32) -> UInt64 {
            number % 1000 == 0 ? .max - UInt64(number) : UInt64(number) &* 0x9e37_79b9_7f4a_7c15
        }
        let most: UInt32 = 400_000
        for number in 0..<most { index.insert(hash(number), number) }
        for number in 0..<most where number % 11 == 0 || number % 1000 == 0 {
            let found = index.find(hash(number)) { $0 == number }
            check(found == number, "\(number) is found as \(String(describing: found))")
        }
        let none = index.find(hash(most)) { $0 == most }
        check(none == nil, "an absent id is found")
    }

    @Test("Under random insertions and removals: as a set", arguments: Hashes.allCases, 0..<6)
    func removals(hashes: Hashes, seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var index = HashIndex()
        var model: Set<UInt32> = []
        let most = hashes == .same || hashes == .sameTag ? 60 : random.pick([8, 11, 100, 700])
        for step in 0..<2000 {
            let number = UInt32(random.below(most))
            if model.contains(number) {
                index.remove(hashes.hash(number), number)
                model.remove(number)
            } else {
                // An absent id cannot be removed, and no other id is removed instead.
                if random.oneIn(3) { index.remove(hashes.hash(number), number) }
                index.insert(hashes.hash(number), number)
                model.insert(number)
            }
            guard step % 50 == 0 || most < 12 else { continue }
            for number in 0..<UInt32(most) {
                let found = index.find(hashes.hash(number)) { $0 == number }
                check(
                    (found == number) == model.contains(number),
                    "step \(step): \(number) is \(String(describing: found))")
            }
        }
    }

    @Test("Removed in every order, from a run that goes around the end of the table")
    func everyRemoval() {
        // Homes 14, 15, 15, 0, 14 of 16.
        let hashes: [UInt64] = [14, 15, 15, 0, 14].map { $0 << 32 }
        withEveryOrder(of: [0, 1, 2, 3, 4]) { order in
            var index = HashIndex()
            for number in order { index.insert(hashes[number], UInt32(number)) }
            var left = Set(order)
            for number in order.reversed() + [2] {
                index.remove(hashes[number], UInt32(number))
                left.remove(number)
                for other in 0..<5 {
                    let found = index.find(hashes[other]) { $0 == UInt32(other) }
                    check((found != nil) == left.contains(other), "\(order) without \(number): \(other)")
                }
            }
        }
    }

    @Test("Only ids with the same upper half of the hash are compared, each once")
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

    @Test("The greatest id that can be stored")
    func greatest() {
        var index = HashIndex()
        index.insert(.max, .max - 1)
        index.insert(0, 0)
        let (greatest, least) = (index.find(.max) { _ in true }, index.find(0) { _ in true })
        #expect(greatest == UInt32.max - 1)
        #expect(least == 0)
    }
}
