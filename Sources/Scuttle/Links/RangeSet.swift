/// The sequences behind `from` and up to `until`.
public struct SequenceRange: Equatable, Sendable {
    public var from: UInt64
    public var until: UInt64

    public init(from: UInt64, until: UInt64) {
        (self.from, self.until) = (from, until)
    }
}

/// How far the deltas of a peer have come: all up to a sequence, and some ranges behind gaps, which count once the gap before
/// them has closed. So what was lost is all that has to come again.
///
/// Invariant: the ranges ascend, do not touch, and begin behind `end`. Memory: `maxCount` ranges; those that come when it is
/// full are forgotten, and come again. Add: O(ranges).
struct RangeSet {
    /// Everything up to this sequence has come.
    private(set) var end: UInt64 = 0
    private(set) var ranges: [SequenceRange] = []

    /// As many as a peer sends before it waits to hear of them.
    private static var maxCount: Int { Progress.maxRanges }

    init(from start: UInt64 = 0) {
        end = start
    }

    /// All from `from` to `until` has come.
    mutating func add(from: UInt64, until: UInt64) {
        guard until > end, from < until else { return }
        var (from, until) = (from, until)
        let first = ranges.indices.partition { ranges[$0].until >= from }
        var behind = first
        while behind < ranges.count, ranges[behind].from <= until {
            from = min(from, ranges[behind].from)
            until = max(until, ranges[behind].until)
            behind += 1
        }
        if from <= end {
            end = until
            // The ranges before this one end below `from`, and so below `end`: there are none.
            ranges.removeSubrange(..<behind)
        } else if behind > first || ranges.count < Self.maxCount {
            ranges.replaceSubrange(first..<behind, with: [SequenceRange(from: from, until: until)])
        }
    }
}
