import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Compares the marks of links with an array of them.
@Suite("BackpressureMarks")
struct BackpressureMarksTests {
    @Test("Only the links whose mark is reached are examined", arguments: 0..<100)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var marks = BackpressureMarks()
        var expected: [UInt64] = []
        var end: UInt64 = 1
        for _ in 0..<400 {
            switch random.within(0...4) {
            case 0: expected.append(.max)
            case 1 where !expected.isEmpty:
                let place = random.below(expected.count)
                marks.remove(at: place, last: expected.count - 1)
                expected.swapAt(place, expected.count - 1)
                expected.removeLast()
            case 2...3 where !expected.isEmpty:
                let place = random.below(expected.count)
                let number = end + UInt64(random.within(1...10))
                marks.lower(to: number, at: place)
                expected[place] = min(expected[place], number)
            default:
                end += 1
                guard marks.next <= end else { break }
                var seen: [Int] = []
                let next = [UInt64.max, end + 1, end + 7]
                marks.pass(end) { place in
                    seen.append(place)
                    return next[place % 3]
                }
                check(seen == expected.indices.filter { expected[$0] <= end }, "\(seen) at \(end) of \(expected)")
                for place in seen { expected[place] = next[place % 3] }
            }
            check(marks.next == expected.min() ?? .max, "\(marks.next), not the least of \(expected)")
        }
    }
}
