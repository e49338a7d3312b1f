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
    static var maxCount: Int { 64 }

    init(from start: UInt64 = 0) {
        end = start
    }

    /// Without some ranges, which ascend. O(ranges of both).
    func subtracting(_ gaps: [SequenceRange]) -> RangeSet {
        guard !gaps.isEmpty else { return self }
        var rest = RangeSet()
        for range in [SequenceRange(from: 0, until: end)] + ranges {
            var from = range.from
            for gap in gaps where gap.until > from && gap.from < range.until {
                rest.add(from: from, until: gap.from)
                from = gap.until
            }
            rest.add(from: from, until: range.until)
        }
        return rest
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
            ranges.replaceSubrange(first..<behind, with: CollectionOfOne(SequenceRange(from: from, until: until)))
        }
    }
}

/// What the sender of a delta has left out, because it fits no datagram: it counts for the commit, which claims nothing of it, and has
/// to come on another link or in larger datagrams.
///
/// Invariant: the gaps ascend and do not touch. Memory: `maxCount` gaps; beyond that the last one takes in those behind it, which
/// come again.
struct Gaps {
    private(set) var ranges: [SequenceRange] = []

    private static var maxCount: Int { 32 }

    /// All from `from` to `until` has come. O(gaps).
    mutating func remove(from: UInt64, until: UInt64) {
        guard from < until, let last = ranges.last, from < last.until else { return }
        var rest: [SequenceRange] = []
        for gap in ranges {
            if gap.from < min(gap.until, from) {
                rest.append(SequenceRange(from: gap.from, until: min(gap.until, from)))
            }
            if max(gap.from, until) < gap.until {
                rest.append(SequenceRange(from: max(gap.from, until), until: gap.until))
            }
        }
        ranges = rest
        shorten()
    }

    /// All from `from` to `until` was left out. O(gaps).
    mutating func add(from: UInt64, until: UInt64) {
        guard from < until else { return }
        var (from, until) = (from, until)
        var rest: [SequenceRange] = []
        for gap in ranges {
            if gap.until < from || gap.from > until {
                rest.append(gap)
            } else {
                (from, until) = (min(from, gap.from), max(until, gap.until))
            }
        }
        rest.insert(SequenceRange(from: from, until: until), at: rest.firstIndex { $0.from > from } ?? rest.count)
        ranges = rest
        shorten()
    }

    private mutating func shorten() {
        guard ranges.count > Self.maxCount, let last = ranges.last else { return }
        ranges.removeSubrange(Self.maxCount...)
        ranges[Self.maxCount - 1].until = last.until
    }
}
