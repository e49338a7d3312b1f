import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("DigestWalk")
struct DigestWalkTests {
    @Test("Visits each source exactly once: every count to 200, many seeds")
    func eachOnce() {
        for count in 1...200 {
            for seed in 0..<10 {
                var random = RandomSource(seed: UInt64(seed * 1000 + count))
                var walk = DigestWalk(over: count, &random)
                var met = [Bool](repeating: false, count: count)
                for left in stride(from: count, to: 0, by: -1) {
                    check(walk.messagesLeft == left + 1, "\(walk.messagesLeft) messages left, not \(left + 1)")
                    guard let source = walk.next(), Int(source) < count, !met[Int(source)] else {
                        check(false, "count \(count), seed \(seed): a source is missing, repeated or unknown")
                        break
                    }
                    met[Int(source)] = true
                }
                check(walk.next() == nil && walk.next() == nil, "count \(count), seed \(seed): one too many")
                check(walk.messagesLeft == 1, "only the done is left")
            }
        }
    }

    @Test("Every source occurs at every index", arguments: 1...12)
    func everyPlace(count: Int) {
        var random = RandomSource(seed: 9)
        var met = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
        for _ in 0..<count * 60 {
            var walk = DigestWalk(over: count, &random)
            for place in 0..<count {
                guard let source = walk.next() else { return check(false, "a walk over \(count) ends at \(place)") }
                met[place][Int(source)] += 1
            }
        }
        for place in 0..<count {
            check(met[place].allSatisfy { $0 > 0 }, "place \(place) of \(count): \(met[place])")
        }
    }

    @Test("Strides vary as well: behind a first source the second one varies", arguments: [5, 7, 8, 12])
    func strides(count: Int) {
        var random = RandomSource(seed: 3)
        var met: Set<Int> = []
        for _ in 0..<count * 30 {
            var walk = DigestWalk(over: count, &random)
            guard let first = walk.next(), let second = walk.next() else { return check(false, "a walk ends") }
            met.insert((Int(second) - Int(first) + count) % count)
        }
        let coprime = (1..<count).filter { stride in (2...count).allSatisfy { count % $0 > 0 || stride % $0 > 0 } }
        #expect(met == Set(coprime))
    }

    @Test("The same seed gives the same walk")
    func seeded() {
        var (one, other) = (RandomSource(seed: 4), RandomSource(seed: 4))
        var (walk, same) = (DigestWalk(over: 50, &one), DigestWalk(over: 50, &other))
        for _ in 0..<50 { #expect(walk.next() == same.next()) }
    }
}
