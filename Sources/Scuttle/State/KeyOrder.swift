/// The keys in the order of their bytes, for walks and prefixes.
///
/// Made when asked for, so that a write costs nothing: key ids ascend in order of creation, so the keys that are new since
/// the last walk are those with the ids from `sorted.count` up. Swift's sort merges the runs that it finds, so this is
/// O(k log k + n) for k new keys; nothing where there are none.
struct KeyOrder {
    private var sorted: [KeyID] = []

    mutating func update(from table: borrowing KeyTable) {
        guard sorted.count < table.count else { return }
        let records = table.records
        var fresh = [KeyID](KeyID(truncatingIfNeeded: sorted.count)..<KeyID(truncatingIfNeeded: table.count))
        fresh.sort { records[Int($0)].key.precedes(records[Int($1)].key) }
        sorted.append(contentsOf: fresh)
        sorted.sort { records[Int($0)].key.precedes(records[Int($1)].key) }
    }

    /// The ids from the first key that does not stand before `bound`. O(log n).
    func ids(from bound: Bytes, in table: borrowing KeyTable) -> ArraySlice<KeyID> {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = low + (high - low) / 2
            if table[sorted[middle]].key.precedes(bound) { low = middle + 1 } else { high = middle }
        }
        return sorted[low...]
    }
}
