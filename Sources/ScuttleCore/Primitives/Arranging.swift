/// Stable sorting. All callers share one implementation, because the standard library's sort is 6 kB of code for each element
/// type and order.

extension [UInt32] {
    /// Sorts ids, or indices into another array, stably. O(n log n), and O(n) for runs that are in order.
    @inline(never)
    package mutating func arrange(by precedes: (UInt32, UInt32) -> Bool) {
        sort(by: precedes)
    }

    /// Creates the indices of `count` elements, sorted by the elements that they refer to.
    @inline(never)
    fileprivate init(count: Int, arrangedBy precedes: (Int, Int) -> Bool) {
        self = []
        for index in 0..<count { append(UInt32(truncatingIfNeeded: index)) }
        arrange { precedes(Int($0), Int($1)) }
    }
}

extension Array {
    /// Returns the elements in order, stably sorted. O(n log n).
    package func arranged(by precedes: (Element, Element) -> Bool) -> [Element] {
        [UInt32](count: count, arrangedBy: { precedes(self[$0], self[$1]) }).map { self[Int($0)] }
    }
}
