import Testing

@testable import Scuttle

@Suite("RangeSet")
struct RangeSetTests {
    @Test("Random stretches: the end is where the first gap is, as a set of all stamps says")
    func random() {
        for seed in 0..<2000 as Range<UInt64> {
            var random = RandomSource(seed: seed)
            let start = UInt64(random.next(below: 5))
            var stretches = RangeSet(from: start)
            var come = Set<UInt64>()
            for _ in 0..<random.next(below: 40) {
                let from = UInt64(random.next(below: 60))
                let until = from + UInt64(random.next(below: 8))
                stretches.add(from: from, until: until)
                if from >= start || until > start { for stamp in from..<until { come.insert(stamp) } }
                var end = start
                while come.contains(end) { end += 1 }
                check(stretches.end == end, "seed \(seed): \(stretches.end), not \(end)")
            }
        }
    }

    @Test("More stretches than are remembered are forgotten, not mistaken")
    func surplus() {
        var stretches = RangeSet()
        for place in 1...100 as ClosedRange<UInt64> { stretches.add(from: 10 * place, until: 10 * place + 5) }
        #expect(stretches.end == 0)
        stretches.add(from: 0, until: 10)
        #expect(stretches.end == 15)
        for place in 1...100 as ClosedRange<UInt64> { stretches.add(from: 10 * place + 5, until: 10 * place + 10) }
        #expect(stretches.end < 1010)
        for place in 1...100 as ClosedRange<UInt64> { stretches.add(from: 10 * place, until: 10 * place + 10) }
        #expect(stretches.end == 1010)
    }

    @Test("Numbers of a hostile peer: the ends of the range, and stretches that run backwards")
    func hostile() {
        var stretches = RangeSet()
        stretches.add(from: .max, until: .max)
        stretches.add(from: 9, until: 3)
        stretches.add(from: .max - 1, until: 0)
        #expect(stretches.end == 0)
        stretches.add(from: 0, until: .max)
        #expect(stretches.end == .max)
        stretches.add(from: .max, until: .max)
        #expect(stretches.end == .max)
    }
}
