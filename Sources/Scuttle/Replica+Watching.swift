internal import CScuttle
internal import ScuttleC

/// What has changed in a replica since a cursor: see ``Replica/changes(since:prefix:limit:)``.
public struct ChangeSet: Hashable, Sendable {
    /// Each changed key once, as it is now, in order of arrival. A delete whose tombstone is purged, or an entry that a reset has removed,
    /// has an empty source and version 0.
    public let updates: [Update]
    /// The cursor for the next look.
    public let cursor: Cursor
    /// Whether the cursor could not be followed, because it is of another incarnation, or too many keys were removed since. Then the updates
    /// are all entries, tombstones included, and a key that is not among them is gone.
    public let hasGap: Bool
}

extension Replica {
    /// Returns the entries and deletes since a cursor whose keys begin with `prefix`, each key once, in order of arrival. Readable in
    /// callbacks.
    ///
    /// This is a watcher that looks when it likes; ``changes`` is the asynchronous one, which the replica keeps updates for.
    ///
    /// - Parameters:
    ///   - cursor: Of an earlier look; by default the beginning.
    ///   - prefix: The first characters of the keys.
    ///   - limit: The most updates, at least 1: the next look goes on behind them. After a gap the rest follows, too. nil: all.
    /// - Throws: ``ScuttleError/Code/argument`` for a limit below 1.
    /// - Complexity: O(entries and removals since the cursor).
    public func changes(
        since cursor: Cursor = .beginning, prefix: String = "", limit: Int? = nil
    ) throws(ScuttleError) -> ChangeSet {
        if let limit, limit < 1 { throw ScuttleError(.argument, "limit is \(limit); it must be at least 1") }
        var (updates, moved) = ([Update](), cursor)
        let outcome = try visitChanges(since: &moved, prefix: prefix) { update in
            updates.append(update)
            return updates.count != limit
        }
        return ChangeSet(updates: updates, cursor: moved, hasGap: outcome == .gap)
    }

    /// Visits the entries and deletes since a cursor whose keys begin with `prefix`, until `visit` returns false, and moves the cursor behind
    /// the last one. Readable in callbacks.
    ///
    /// `visit` runs under the lock, so it sees one consistent state, and may make the calls that callbacks may make.
    /// - Returns: ``Outcome/done``, or ``Outcome/gap``: the cursor could not be followed, and the visit has begun anew, as
    ///   ``ChangeSet/hasGap`` says.
    /// - Throws: ``ScuttleError/Code/forked`` only.
    /// - Complexity: O(entries and removals since the cursor).
    @discardableResult
    public func visitChanges(
        since cursor: inout Cursor, prefix: String = "", _ visit: (Update) -> Bool
    ) throws(ScuttleError) -> Outcome {
        var moved = cursor.view
        let outcome = try outcome { replica in
            withVisitor({ visit(Update($0)) }) { visitor, context in
                withText(prefix) { scuttle_changes(replica, $0, $1, &moved, visitor, context) }
            }
        }
        cursor = Cursor(moved)
        return outcome
    }
}
