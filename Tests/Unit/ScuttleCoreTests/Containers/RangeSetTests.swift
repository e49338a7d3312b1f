import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("RangeSet")
struct RangeSetTests {
    @Test("Random ranges: the end is at the first gap, as in a set of all sequences")
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

    @Test("Ranges beyond the capacity are dropped, not confused")
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

    @Test("Sequences of a hostile peer: the limits of the type, and ranges that run backwards")
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

    @Test("Random ranges: the ranges behind the end are those of a set, ascend and do not touch", arguments: 0..<200)
    func ranges(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var set = RangeSet()
        var come = Set<UInt64>()
        for step in 0..<60 {
            let from = UInt64(random.below(400))
            let until = from + UInt64(random.below(9))
            set.add(from: from, until: until)
            come.formUnion(from..<until)
            var expected: [SequenceRange] = []
            var sequence: UInt64 = 0
            while sequence < 410 {
                let start = sequence
                while come.contains(sequence) { sequence += 1 }
                if sequence > start { expected.append(SequenceRange(from: start, until: sequence)) }
                sequence += 1
            }
            let end = expected.first?.from == 0 ? expected.removeFirst().until : 0
            check(set.end == end, "seed \(seed), step \(step): \(set.end), not \(end)")
            check(set.ranges == expected, "seed \(seed), step \(step): \(set.ranges), not \(expected)")
        }
    }

    @Test("No more ranges than a request can name, and no sequence that has not arrived", arguments: 0..<20)
    func bounded(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var set = RangeSet(from: 5)
        var come = Set<UInt64>(0..<5)
        for _ in 0..<2000 {
            let from = UInt64(random.below(2000))
            let until = from + 1 + UInt64(random.below(3))
            set.add(from: from, until: until)
            come.formUnion(from..<until)
            check(set.ranges.count <= Progress.maxRanges, "seed \(seed): \(set.ranges.count)")
            let claimed = set.ranges.allSatisfy { $0.from > set.end && ($0.from..<$0.until).allSatisfy(come.contains) }
            check(claimed && (0..<set.end).allSatisfy(come.contains), "seed \(seed)")
        }
    }
}
