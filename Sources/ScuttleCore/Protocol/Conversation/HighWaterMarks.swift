/// For each link, by its place, the number that the history has to reach before the link can be over its high-water mark.
///
/// A tree of minima: a write compares its root, and only links whose number is reached are looked at. Reading a link enters
/// nothing, so a number may be too low, and the link is then looked at in vain; no number is too high. A link's number is
/// reached once in `mtu` updates at most, unless the link is read or drained in between. 16 bytes a link.
struct HighWaterMarks {
    /// A power of two of leaves at the end, and the lesser of two nodes before them, from 1 on.
    private var tree: [UInt64] = []
    private var leaves: Int { tree.count / 2 }

    /// The least of all numbers.
    private(set) var next = UInt64.max

    /// Lowers the number of a link, if it is above this one. O(log l), and O(1) if it is not.
    @_optimize(speed)
    mutating func lower(to number: UInt64, at place: Int) {
        guard number < self[place] else { return }
        if place >= leaves { grow(to: place) }
        enter(number, at: place)
    }

    /// Removes the number of a link. The last link takes its place. O(log l).
    mutating func remove(at place: Int, last: Int) {
        let number = self[last]
        if last < leaves { enter(.max, at: last) }
        if place != last, place < leaves { enter(number, at: place) }
    }

    /// Calls `look` for each link whose number is reached; it returns the link's next number. O(log l) a link.
    @_optimize(speed)
    mutating func pass(_ end: UInt64, _ look: (Int) -> UInt64) {
        visit(1, end, look)
        next = tree[1]
    }

    @_optimize(speed)
    private mutating func visit(_ node: Int, _ end: UInt64, _ look: (Int) -> UInt64) {
        guard tree[node] <= end else { return }
        if node >= leaves {
            tree[node] = look(node - leaves)
        } else {
            visit(2 * node, end, look)
            visit(2 * node + 1, end, look)
            tree[node] = min(tree[2 * node], tree[2 * node + 1])
        }
    }

    private subscript(place: Int) -> UInt64 {
        place < leaves ? tree[leaves + place] : .max
    }

    private mutating func enter(_ number: UInt64, at place: Int) {
        var node = leaves + place
        tree[node] = number
        while node > 1 {
            node /= 2
            tree[node] = min(tree[2 * node], tree[2 * node + 1])
        }
        next = tree[1]
    }

    /// Twice as many leaves, or more.
    private mutating func grow(to place: Int) {
        let before = self
        tree = [UInt64](repeating: .max, count: 2 << (Int.bitWidth - place.leadingZeroBitCount))
        for place in 0..<before.leaves { enter(before[place], at: place) }
    }
}
