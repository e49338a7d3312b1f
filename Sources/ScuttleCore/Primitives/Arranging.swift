/// Sorting. The standard library's sort is 6 kB of code for each type of elements and each order, so all share one.

extension [UInt32] {
    /// Sorts ids, or places in another array. Equal ones keep their order. O(n log n), and O(n) for runs that are in order.
    @inline(never)
    package mutating func arrange(by precedes: (UInt32, UInt32) -> Bool) {
        sort(by: precedes)
    }

    /// The places in another array, of so many elements, in the order of those.
    @inline(never)
    fileprivate init(count: Int, arrangedBy precedes: (Int, Int) -> Bool) {
        self = []
        for place in 0..<count { append(UInt32(truncatingIfNeeded: place)) }
        arrange { precedes(Int($0), Int($1)) }
    }
}

extension Array {
    /// The elements in order. Equal ones keep their order. O(n log n).
    package func arranged(by precedes: (Element, Element) -> Bool) -> [Element] {
        [UInt32](count: count, arrangedBy: { precedes(self[$0], self[$1]) }).map { self[Int($0)] }
    }
}
