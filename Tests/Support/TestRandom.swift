/// A random generator with a seed: xorshift64* (Vigna, 2014), which is not the generator under test.
struct TestRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15
        if state == 0 { state = 1 }
        for _ in 0..<4 { _ = next() }
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }

    /// Returns a number in 0 ..< limit.
    mutating func below(_ limit: Int) -> Int {
        Int(truncatingIfNeeded: (next() >> 11) % UInt64(limit))
    }

    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// Returns true once in `times`, on average.
    mutating func oneIn(_ times: Int) -> Bool {
        below(times) == 0
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    mutating func bytes(_ count: Int, of alphabet: [UInt8] = Array(0...255)) -> [UInt8] {
        (0..<count).map { _ in pick(alphabet) }
    }
}
