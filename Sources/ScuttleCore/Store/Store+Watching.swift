/// Watching the entries: see `scuttle_changes`.
///
/// A watcher is a cursor in the order of arrival. Each key stands there at most once: by its entry, or, while it has none, by the
/// sequence at which it lost its value.
extension Store {
    /// Visits the entries and deletes since a cursor whose key begins with `prefix`, oldest first, and moves the cursor to the
    /// latest; until `visit` returns false, then to that one. O(entries and removals since the cursor).
    /// - Returns: false if the cursor cannot be followed. Then it begins anew: all entries are visited, tombstones included.
    public func visitChanges(_ prefix: Bytes, from cursor: inout Cursor, _ visit: (Update) -> Bool) -> Bool {
        let isFollowed = cursor.isStart || (owns(cursor) && removals.hasAllDeletes(after: cursor.position))
        let start = isFollowed ? cursor.position : 0
        var gone = (start > 0 ? latestRemovals(after: start, isDelete: true) : [])[...]
        var end: Arrivals.Sequence?
        @inline(never)
        func show(_ update: Update, at sequence: Arrivals.Sequence) {
            if update.key.begins(with: prefix), !visit(update) { end = sequence }
        }
        func showGone(before sequence: Arrivals.Sequence) {
            while end == nil, let item = gone.first.map({ removals[$0] }), item.deletedAt < sequence {
                gone.removeFirst()
                show(removed(item), at: item.deletedAt)
            }
        }
        arrivals.forEach(after: start, in: keys) { record in
            showGone(before: record.arrival)
            if end == nil { show(update(of: record), at: record.arrival) }
            return end == nil
        }
        showGone(before: .max)
        cursor = self.cursor(at: end ?? arrivals.end)
        return isFollowed
    }

    /// Returns the numbers of the removals after a sequence, of keys without an entry, the latest of each key, in the order in which
    /// the keys lost their values. O(n log n).
    /// - Parameter isDelete: whether the keys have to have lost their values after the sequence, too.
    @inline(never)
    func latestRemovals(after sequence: Arrivals.Sequence, isDelete: Bool) -> [UInt32] {
        var found = removals.numbers(after: sequence)
        // By key, so that those of one key stand together, the latest last.
        found.arrange { removals[$0].record.key.precedes(removals[$1].record.key) }
        var latest: [UInt32] = []
        for index in found.indices {
            let item = removals[found[index]]
            let key = item.record.key
            if index + 1 < found.count, removals[found[index + 1]].record.key.equals(key) { continue }
            if isDelete && item.deletedAt <= sequence || keys.find(key) != nil { continue }
            latest.append(found[index])
        }
        latest.arrange { removals[$0].deletedAt < removals[$1].deletedAt }
        return latest
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
