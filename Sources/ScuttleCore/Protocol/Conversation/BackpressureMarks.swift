/// For each link, by its place, the number that the history has to reach before the link can be over its high-water mark.
///
/// A tree of minima: a write compares its root, and only links whose number is reached are looked at. Reading a link enters
/// nothing, so a number may be too low, and the link is then looked at in vain; no number is too high. A link's number is
/// reached once in `mtu` updates at most, unless the link is read or drained in between. 16 bytes a link.
struct BackpressureMarks {
    /// A power of two of leaves at the end, and the lesser of two nodes before them, from 1 on.
    private var tree: [UInt64] = []
    private var leaves: Int { tree.count / 2 }

    /// The least of all numbers.
    private(set) var next = UInt64.max

    /// Lowers the number of a link, if it is above this one. O(log l), and O(1) if it is not.
    @_optimize(speed)
    mutating func lower(to mark: UInt64, at index: Int) {
        guard mark < self[index] else { return }
        if index >= leaves { grow(to: index) }
        enter(mark, at: index)
    }

    /// Removes the number of a link. The last link takes its place. O(log l).
    mutating func remove(at index: Int, last: Int) {
        let mark = self[last]
        if last < leaves { enter(.max, at: last) }
        if index != last, index < leaves { enter(mark, at: index) }
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

    private subscript(index: Int) -> UInt64 {
        index < leaves ? tree[leaves + index] : .max
    }

    private mutating func enter(_ mark: UInt64, at index: Int) {
        var node = leaves + index
        tree[node] = mark
        while node > 1 {
            node /= 2
            tree[node] = min(tree[2 * node], tree[2 * node + 1])
        }
        next = tree[1]
    }

    /// Twice as many leaves, or more.
    private mutating func grow(to index: Int) {
        let before = self
        tree = [UInt64](repeating: .max, count: 2 << (Int.bitWidth - index.leadingZeroBitCount))
        for index in 0..<before.leaves { enter(before[index], at: index) }
    }
}
