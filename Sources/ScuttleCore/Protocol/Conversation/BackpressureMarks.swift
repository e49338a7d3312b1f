/// A history mark for each link, by the link's index: the end of the history at which the link can become full.
///
/// A tree of minima. A write compares its root, and only links whose mark is reached are examined. Reading a link
/// changes no mark, so a mark may be too low, and the examination then finds no full link; no mark is too high. A mark
/// is reached once in `mtu` updates at most, unless the link is read or drained in between. 16 bytes a link.
struct BackpressureMarks {
    /// The leaves are the second half, a power of two. Before them, from index 1 on, each node is the lesser of its two
    /// children.
    private var tree: [UInt64] = []
    private var leaves: Int { tree.count / 2 }

    /// The least mark.
    private(set) var next = UInt64.max

    /// Lowers the mark of a link to `mark` if it is above. O(log l); O(1) if it is not above.
    @_optimize(speed)
    mutating func lower(to mark: UInt64, at index: Int) {
        guard mark < self[index] else { return }
        if index >= leaves { grow(to: index) }
        enter(mark, at: index)
    }

    /// Removes the mark of a link, whose index the last link gets. O(log l).
    mutating func remove(at index: Int, last: Int) {
        let mark = self[last]
        if last < leaves { enter(.max, at: last) }
        if index != last, index < leaves { enter(mark, at: index) }
    }

    /// Calls `look` for each link whose mark is reached, and stores the mark that it returns. O(log l) a link.
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

    /// Doubles the leaves until an index is in them.
    private mutating func grow(to index: Int) {
        let before = self
        tree = [UInt64](repeating: .max, count: 2 << (Int.bitWidth - index.leadingZeroBitCount))
        for index in 0..<before.leaves { enter(before[index], at: index) }
    }
}
