/// Sorting. The standard library's sort is 6 kB of code for each type of elements and each order, so all share one.

extension [UInt32] {
    /// Sorts ids, or places in another array. Equal ones keep their order. O(n log n), and O(n) for runs that are in order.
    @inline(never)
    mutating func arrange(by precedes: (UInt32, UInt32) -> Bool) {
        sort(by: precedes)
    }
}

extension Array {
    /// The elements in order. Equal ones keep their order. O(n log n).
    package func arranged(by precedes: (Element, Element) -> Bool) -> [Element] {
        var places: [UInt32] = []
        for place in indices { places.append(UInt32(truncatingIfNeeded: place)) }
        places.arrange { precedes(self[Int($0)], self[Int($1)]) }
        return places.map { self[Int($0)] }
    }
}
