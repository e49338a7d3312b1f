/// How far an answer in datagrams has come: up to a stamp without a gap, and some stretches behind gaps, which count once
/// the gap before them has closed. So what was lost is all that has to come again.
///
/// Invariant: the stretches ascend, do not touch, and begin behind `end`. Memory: `most` stretches; those that come when it
/// is full are forgotten, and come again. Add: O(stretches).
struct RangeSet {
    /// Everything up to this stamp has come.
    private(set) var end: UInt64 = 0
    private var ahead: [(from: UInt64, until: UInt64)] = []

    /// As many as a peer sends before it waits to hear of them.
    private static var most: Int { OutgoingDelta.widestWindow }

    init(from start: UInt64 = 0) {
        end = start
    }

    /// All from `from` to `until` has come.
    mutating func add(from: UInt64, until: UInt64) {
        guard until > end, from <= until else { return }
        var (from, until) = (from, until)
        let first = ahead.indices.partition { ahead[$0].until >= from }
        var behind = first
        while behind < ahead.count, ahead[behind].from <= until {
            from = min(from, ahead[behind].from)
            until = max(until, ahead[behind].until)
            behind += 1
        }
        if from <= end {
            end = until
            // The stretches before this one end below `from`, and so below `end`: there are none.
            ahead.removeSubrange(..<behind)
        } else if behind > first || ahead.count < Self.most {
            ahead.replaceSubrange(first..<behind, with: [(from: from, until: until)])
        }
    }

    /// On a stream nothing is lost: all up to a stamp has come.
    mutating func jump(to stamp: UInt64) {
        self = RangeSet(from: stamp)
    }
}
