@testable import ScuttleCore

/// The choices of a world, from its seed.
public struct Random {
    private var source: RandomSource

    public init(seed: UInt64) {
        source = RandomSource(seed: seed)
    }

    public mutating func next() -> UInt64 {
        source.next()
    }

    mutating func below(_ limit: Int) -> Int {
        source.next(below: limit)
    }

    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    mutating func oneIn(_ count: Int) -> Bool {
        below(count) == 0
    }

    /// Returns true in `share` percent of the calls.
    mutating func percent(_ share: Int) -> Bool {
        below(100) < share
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }
}
