/// Keeping a replica in its host's store: see `StateStore`.
///
/// The rows are the lines of an export. Each call that has changed something makes one transaction, which removes and
/// puts the rows that are out of date. A local write is stored before it is made, so it can fail. The changes of other
/// calls are undone by a start from the rows. Cost: O(rows that have changed).
extension Store {
    /// Writes to the store what has changed since the latest transaction.
    /// - Throws: `.store`. The replica then has to start from the store again.
    public func store() throws(Failure) {
        guard let changes, isOutOfDate(changes) else { return }
        try transaction(changes) { putChanges(changes) }
        markStored(changes)
    }

    /// Notes that the store has the present state of the replica.
    public func markStored(hasHead: Bool = true) {
        if let changes {
            markStored(changes)
            changes.rowState.hasHead = hasHead
        }
    }

    /// Continues after a replica whose call was undone; this one was just loaded from the store. The low-water mark of
    /// the other one holds. It has sent none of its dots that were not stored.
    public func resume(from other: Store) {
        continueCounting(from: other)
        version = max(version, other.version)
        cover(own, upTo: other.own.covered)
        isOwnKnown = other.isOwnKnown
        if let changes = other.changes { hasLeft = changes.rowState.hasLeft }
        resumeRenewals(of: other)
    }

    /// Continues the counters of the replica that this one replaces.
    @inline(never)
    public func continueCounting(from other: Store) {
        (counters, closedTraffic) = (other.counters, other.closedTraffic)
    }

    /// Stores local writes, and the changes before them, before the writes are made.
    /// - Parameter entries: the writes that become entries.
    /// - Parameter version: the version of the last write.
    /// - Throws: `.store`. Nothing has changed then.
    @inline(never)
    func storeRows(of entries: [Record], upTo version: Version) throws(Failure) {
        guard let changes else { return }
        try transaction(changes) {
            guard putChanges(changes) else { return false }
            for record in entries {
                guard putEntry(record, changes) else { return false }
            }
            return putSource(own, version, changes)
        }
        markStored(changes)
        (changes.ownCovered, changes.ownPurged) = (version, own.purged)
        // These are the next ones to arrive.
        changes.arrival = arrivals.last + UInt64(truncatingIfNeeded: entries.count)
    }

    private func transaction(_ changes: StoreChanges, _ body: () -> Bool) throws(Failure) {
        if changes.store.begin() {
            if body(), changes.store.commit() { return }
        }
        changes.store.rollback()
        throw Failure(.store, "a function of state_store returned an error")
    }

    private func isOutOfDate(_ changes: StoreChanges) -> Bool {
        arrivals.last > changes.arrival || !changes.removed.isEmpty
            || changes.sources.contains { $0 != SourceTable.own && sources[$0].covered > 0 }
            || rowState != changes.rowState
            || (isOwnWorthSaving && (own.covered != changes.ownCovered || own.purged != changes.ownPurged))
    }

    private func markStored(_ changes: StoreChanges) {
        changes.arrival = arrivals.last
        changes.removed = []
        changes.sources = []
        changes.revision = revision
        changes.rowState = rowState
        changes.hasTicked = leases.hasTicked
        if isOwnWorthSaving { (changes.ownCovered, changes.ownPurged) = (own.covered, own.purged) }
    }

    private func putChanges(_ changes: StoreChanges) -> Bool {
        for (kind, id) in changes.removed {
            guard id.withUnsafeBytes({ changes.store.remove(kind, $0) }) else { return false }
        }
        var goesOn = true
        arrivals.forEach(after: changes.arrival, in: keys) { record in
            goesOn = putEntry(record, changes)
            return goesOn
        }
        guard goesOn else { return false }
        // Before the first tick a row cannot state the time at which its age was counted.
        if leases.hasTicked, !changes.hasTicked, expiries.first != nil {
            keys.forEach { _, record in
                goesOn = record.lease == nil || putEntry(record, changes)
                return goesOn
            }
            guard goesOn else { return false }
        }
        for id in changes.sources where id != SourceTable.own && sources[id].covered > 0 {
            guard putSource(sources[id], sources[id].covered, changes) else { return false }
        }
        if isOwnWorthSaving, own.covered != changes.ownCovered || own.purged != changes.ownPurged {
            guard putSource(own, own.covered, changes) else { return false }
        }
        return rowState == changes.rowState || putRowState(changes)
    }

    private func putEntry(_ record: Record, _ changes: StoreChanges) -> Bool {
        var line = MessageBuffer()
        _ = exportEntry(record, hasTime: true) { write in
            write(&line)
            return true
        }
        return changes.store.put(.entry, record.key, line.bytes, update(of: record))
    }

    private func putSource(_ source: Source, _ covered: Version, _ changes: StoreChanges) -> Bool {
        var line = MessageBuffer()
        line.appendVector(emptyPart)
        line.appendClaim(source, covered, source.purged, isFirst: true)
        line.appendClaimsEnd(from: 0, to: 0, isLast: false)
        return changes.store.put(.source, source.id, line.bytes, nil)
    }

    private var rowState: StoreChanges.RowState {
        StoreChanges.RowState(
            now: expiries.first == nil ? nil : leases.hostTime, hasHead: true, hasMetClassic: hasMetClassic,
            hasLeft: hasLeft, names: nameChanges, retired: retired.sum, retiredFloor: retired.floor,
            exceptions: exceptionChanges, exceptionCount: refused?.count ?? 0)
    }

    /// Puts the rows of the replica itself.
    private func putRowState(_ changes: StoreChanges) -> Bool {
        var text = MessageBuffer()
        func put(_ id: StaticString) -> Bool {
            defer { text.clear() }
            if text.count == 0 { return changes.store.remove(.replica, Bytes(id)) }
            return changes.store.put(.replica, Bytes(id), text.bytes, nil)
        }
        text.appendExport(exportHead)
        guard put("head") else { return false }
        func append(_ write: (inout MessageBuffer) -> Void) -> Bool {
            write(&text)
            return true
        }
        _ = exportNames(since: 0, append) && exportRetired(from: 0, append)
        guard put("ended") else { return false }
        _ = exportExceptions(append)
        return put("exceptions")
    }
}
