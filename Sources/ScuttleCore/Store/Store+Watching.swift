/// Watching the entries: see `scuttle_changes`.
///
/// A watcher is a cursor in the order of arrival, in which removals have sequences, too. Each key stands there at most once: by its
/// entry, or by the latest removal while it has none.
extension Store {
    /// Visits the entries and deletes since a cursor whose key begins with `prefix`, oldest first, and moves the cursor to the
    /// latest; until `visit` returns false, then to that one. O(entries and removals since the cursor).
    /// - Returns: false if the cursor cannot be followed. Then it begins anew: all entries are visited, tombstones included.
    public func visitChanges(_ prefix: Bytes, from cursor: inout Cursor, _ visit: (Update) -> Bool) -> Bool {
        let isFollowed = cursor.isStart || (owns(cursor) && removals.hasAllDeletes(after: cursor.position))
        let start = isFollowed ? cursor.position : 0
        var gone = (start > 0 ? deletes(after: start) : [])[...]
        var goesOn = true
        func visitGone(before sequence: Arrivals.Sequence) {
            while goesOn, let item = gone.first, item.sequence < sequence {
                gone.removeFirst()
                guard item.record.key.begins(with: prefix) else { continue }
                goesOn = visit(removed(item))
                if !goesOn { cursor = self.cursor(at: item.sequence) }
            }
        }
        arrivals.forEach(after: start, in: keys) { record in
            visitGone(before: record.arrival)
            guard goesOn, record.key.begins(with: prefix) else { return goesOn }
            goesOn = visit(update(of: record))
            if !goesOn { cursor = self.cursor(at: record.arrival) }
            return goesOn
        }
        visitGone(before: .max)
        if goesOn { cursor = self.cursor(at: arrivals.end) }
        return isFollowed
    }

    /// Returns the removals of keys that have lost their value after a sequence and have no entry, the latest of each key.
    private func deletes(after sequence: Arrivals.Sequence) -> [RemovedEntries.Item] {
        latest(of: removals.removals(after: sequence).filter { $0.deletedAt > sequence })
    }

    /// Returns, of each key without an entry, the latest of some removals, in their order. O(n log n).
    func latest(of items: [RemovedEntries.Item]) -> [RemovedEntries.Item] {
        let absent = items.filter { keys.find($0.record.key) == nil }
        guard absent.count > 1 else { return absent }
        // By key, so that those of one key stand together, the latest last.
        var byKey = absent.indices.map { UInt32(truncatingIfNeeded: $0) }
        byKey.arrange { absent[Int($0)].record.key.precedes(absent[Int($1)].record.key) }
        var isLatest = [Bool](repeating: true, count: absent.count)
        for index in byKey.indices.dropFirst() {
            let (earlier, later) = (Int(byKey[index - 1]), Int(byKey[index]))
            if absent[earlier].record.key.equals(absent[later].record.key) { isLatest[earlier] = false }
        }
        return absent.indices.filter { isLatest[$0] }.map { absent[$0] }
    }

    /// The update by which a watcher learns of a removal. The write that deleted the key is not known any more.
    private func removed(_ item: RemovedEntries.Item) -> Update {
        Update(
            key: item.record.key, value: item.record.value, source: Bytes(""), version: 0,
            kind: item.epoch == nil ? .reset : .delete, isLocal: false)
    }
}

extension Store {
    /// A cursor of this incarnation, whose number is below 2^53. Bit 54 keeps it apart from the beginning.
    func cursor(at position: Arrivals.Sequence) -> Cursor {
        Cursor(incarnation: incarnation | 1 << 54, position: position)
    }

    /// Returns whether a cursor is of this incarnation.
    func owns(_ cursor: Cursor) -> Bool {
        cursor.incarnation == incarnation | 1 << 54 && cursor.position <= arrivals.end
    }
}
