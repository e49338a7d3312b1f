/// The keys in the order of their bytes, for walks and prefixes.
///
/// A walk sorts the keys, so that a write costs nothing but to note an id that is used again. Swift's sort merges the runs that
/// it finds, so an update costs O(k log k + n) for k new keys, and nothing if no key has come or gone. Removed ids are not used
/// again before the next update, so the order is dropped if they become many.
struct KeyOrder {
    private var sorted: [KeyID] = []
    /// Ids from here on are not in `sorted` yet.
    private var known = 0

    mutating func update(from table: inout KeyTable) {
        if !table.vacated.isEmpty { sorted.removeAll { table[$0] == nil } }
        var added: [KeyID] = []
        for position in 0..<table.fresh.count {
            let id = table.fresh[position]
            if id < known, table[id] != nil { added.append(id) }
        }
        for id in KeyID(truncatingIfNeeded: known)..<KeyID(truncatingIfNeeded: table.idLimit) where table[id] != nil {
            added.append(id)
        }
        known = table.idLimit
        table.recycleVacated()
        guard !added.isEmpty else { return }
        sort(&added, table)
        sorted += added
        sort(&sorted, table)
    }

    /// Drops the order if it has not been used yet, or if too many removed ids wait for it.
    mutating func noteRemoval(from table: inout KeyTable) {
        guard known == 0 || table.vacated.count > sorted.count / 2 + 64 else { return }
        sorted = []
        known = 0
        table.recycleVacated()
    }

    /// Returns the ids from the first key on that does not precede `bound`. O(log n).
    func ids(from bound: Bytes, in table: borrowing KeyTable) -> ArraySlice<KeyID> {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = low + (high - low) / 2
            if table.key(of: sorted[middle]).precedes(bound) { low = middle + 1 } else { high = middle }
        }
        return sorted[low...]
    }

    private func sort(_ ids: inout [KeyID], _ table: borrowing KeyTable) {
        ids.arrange { table.key(of: $0).precedes(table.key(of: $1)) }
    }
}
