/// The retired sources that a peer knows, as indices in this replica's table: all up to one, and some behind it.
///
/// Memory: none while the peer knows all, a bit for each otherwise.
struct RetiredKnowledge {
    private var allCount: UInt32 = 0
    private var all: Int {
        get { Int(allCount) }
        set { allCount = UInt32(truncatingIfNeeded: newValue) }
    }
    private var generation: UInt32 = 0
    private var bits: [UInt64] = []

    /// Whether it has more memory than a peer without a link should have.
    var isLong: Bool { bits.count > 64 }

    /// Notes that the peer knows every retired source.
    mutating func noteAll(in table: borrowing RetiredTable) {
        (all, bits, generation) = (table.count, [], table.generation)
    }

    /// Notes that the peer knows every retired source up to an index of a generation.
    mutating func note(upTo position: Int, of generation: UInt32, in table: borrowing RetiredTable) {
        settle(table)
        guard generation == table.generation, position > all else { return }
        var rest: [UInt64] = []
        for later in position..<(bits.isEmpty ? position : table.count) where knows(later, in: table) {
            let word = (later - position) / 64
            if rest.count <= word { rest += Array(repeating: 0, count: word + 1 - rest.count) }
            rest[word] |= 1 << UInt64(truncatingIfNeeded: (later - position) & 63)
        }
        (all, bits) = (position, rest)
    }

    mutating func note(_ position: Int, in table: borrowing RetiredTable) {
        settle(table)
        if position == all, bits.isEmpty {
            all += 1
            return
        }
        guard position >= all else { return }
        let word = (position - all) / 64
        if bits.count <= word { bits += Array(repeating: 0, count: word + 1 - bits.count) }
        bits[word] |= 1 << UInt64(truncatingIfNeeded: (position - all) & 63)
    }

    func knows(_ position: Int, in table: borrowing RetiredTable) -> Bool {
        guard generation == table.generation else { return false }
        guard position >= all else { return true }
        let word = (position - all) / 64
        return word < bits.count && bits[word] >> UInt64(truncatingIfNeeded: (position - all) & 63) & 1 == 1
    }

    /// Returns the index up to which the peer knows every retired source.
    func firstMissing(in table: borrowing RetiredTable) -> Int { generation == table.generation ? all : 0 }

    /// Whether the peer lacks a retired source; and whether it lacks one with a GC version. O(those that it has named
    /// one by one, and holes); O(1) if it has all, or none.
    func missing(in table: borrowing RetiredTable) -> (any: Bool, purged: Bool) {
        let first = firstMissing(in: table)
        guard first < table.count else { return (false, false) }
        var isAny = false
        // From the end, because the peer knows none behind those that it has named.
        var end = table.count
        while end > first {
            let position = end - 1
            end = position
            guard !table[position].isHole, !knows(position, in: table) else { continue }
            if table[position].purged > 0 { return (true, true) }
            isAny = true
            end = min(end, table.endOfPurged)
        }
        return (isAny, false)
    }

    /// Drops all indices if they belong to another generation.
    private mutating func settle(_ table: borrowing RetiredTable) {
        guard generation != table.generation else { return }
        (all, bits, generation) = (0, [], table.generation)
    }
}
