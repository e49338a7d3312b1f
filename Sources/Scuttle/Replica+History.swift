internal import CScuttle
internal import ScuttleC

extension Replica {
    /// The updates in the history, in the order of ``Configuration/sort``. Readable in callbacks.
    ///
    /// - Complexity: O(h log h) for h updates.
    public var history: [Update] {
        get throws(ScuttleError) { try updates { scuttle_history($0, $1, $2) } }
    }

    /// Returns the updates of a source above a version that are in the history, in the order of ``Configuration/sort``.
    /// Readable in callbacks.
    ///
    /// - Complexity: O(updates found).
    public func news(of source: String, above version: UInt64 = 0) throws(ScuttleError) -> [Update] {
        try updates { replica, visitor, context in
            withText(source) { scuttle_news(replica, $0, $1, version, visitor, context) }
        }
    }

    /// Copies the updates that a call visits.
    private func updates(
        _ body: (OpaquePointer, scuttle_visit_fn, UnsafeMutableRawPointer) -> CInt
    ) throws(ScuttleError) -> [Update] {
        var updates: [Update] = []
        _ = try code { replica in
            withVisitor({
                updates.append(Update($0))
                return true
            }) { body(replica, $0, $1) }
        }
        return updates
    }

    /// Records an update in the history only. Of its flags only ``Update/Flags/deleted`` counts, and its dot is ignored.
    ///
    /// - Throws: What ``set(_:to:timeToLive:renews:)`` throws for key and value; ``ScuttleError/Code/id``, ``ScuttleError/Code/version``,
    ///   ``ScuttleError/Code/sources``; ``ScuttleError/Code/identity`` for a version of this replica's own source that was never issued.
    public func record(_ update: Update) throws(ScuttleError) {
        _ = try code { replica in update.withView { scuttle_history_write(replica, $0) } }
    }

    /// Removes the updates that `shouldBeRemoved` selects from the history, and returns their count. Entries stay. Callable in
    /// ``Configuration/onCompaction``, too.
    ///
    /// - Complexity: O(h) for h updates.
    @discardableResult
    public func trimHistory(where shouldBeRemoved: (Update) -> Bool) throws(ScuttleError) -> Int {
        var count = 0
        _ = try code { replica in
            // In a trim, 1 removes an update; in a visit, it stops.
            withVisitor({ !shouldBeRemoved(Update($0)) }) { scuttle_history_trim(replica, $0, $1, &count) }
        }
        return count
    }

    /// Keeps all updates until the history holds `count` of them. Only in ``Configuration/onCompaction``.
    ///
    /// - Throws: ``ScuttleError/Code/argument`` if `count` is no more than the history holds; ``ScuttleError/Code/busy`` outside of that callback.
    public func keepHistory(upTo count: Int) throws(ScuttleError) {
        // The library reads a negative length as a very large one.
        guard count >= 0 else { throw ScuttleError(.argument, "count is \(count); it must be at least 0") }
        _ = try code { scuttle_history_keep($0, count) }
    }
}
