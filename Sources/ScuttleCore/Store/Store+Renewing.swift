/// Renewals of times to live.
///
/// A tick writes a value again once half of its time is over, as a new write with a new version. The record of such a write is
/// marked, and so are copies of it. Another write ends the renewals by replacing the marked record: a local one, or one of
/// another writer. An expiry, which a peer has counted because no renewal has reached it, and a reset, which has removed the
/// value, do not: the next tick writes the value again, because this replica is there. Until then a delete of that key is marked,
/// and not purged, so that the tick sees whether there was a delete of a host's meanwhile.
///
/// Nor does a write of an earlier incarnation of this replica's name, which arrives late: its process has ended. It may be that of
/// a twin, which does the same; so there is a limit to it, and the later write stands.
///
/// A renewal passes the limits on keys and bytes, as an expiry does: it adds nothing to what the host has set. Renewals are not
/// saved. Cost: O(log t) for each of t renewed keys, and O(1) a tick without one.
extension Store {
    /// Schedules the renewal of an entry.
    @inline(never)
    func scheduleRenewal(of record: Record, _ key: KeyID, at time: UInt64) {
        renewals.due.push(KeyHeap.Item(priority: time, key: key, source: record.source, version: record.version)) {
            isCurrent($0)
        }
    }

    /// Notes that a marked record is no entry any more. The entry of its key is the new one already, if there is one.
    @inline(never)
    func noteEnd(ofRenewed record: Record) {
        let winner = entry(of: record.key)
        if record.isDelete {
            if let winner, winner.isDelete { winner.markRenewed() }
            return
        }
        if let winner, winner.timestamp != record.timestamp {
            guard isOfAnotherIncarnation(winner), renewals.earlierWrites < Store.maxEarlierWrites else { return }
            renewals.earlierWrites += 1
            return renewals.lose(record)
        }
        winner?.markRenewed()
        // A copy with a time to live is scheduled when it is enlisted.
        if winner?.lease == nil { renewals.lose(record) }
    }

    /// Renews the keys that are due: all lost ones, and then up to `left`. A renewal that fails is due again with the next tick.
    /// - Returns: whether none has failed.
    @inline(never)
    func renewDue(_ left: inout Int) -> Bool {
        var succeeds = true
        let lost = renewals.lost
        renewals.lost = []
        for record in lost {
            if isLost(record), !renew(record, &left) {
                succeeds = false
                renewals.lose(record)
            }
            record.release()
        }
        while left > 0, let item = renewals.due.first, item.priority <= leases.time {
            _ = renewals.due.pop()
            guard isCurrent(item), let record = keys[item.key], !renew(record, &left) else { continue }
            succeeds = false
            scheduleRenewal(of: record, item.key, at: leases.time + 1)
        }
        return succeeds
    }

    /// Returns whether the key of a lost write still has no write of a host's.
    private func isLost(_ record: Record) -> Bool {
        guard let entry = entry(of: record.key) else { return true }
        defer { if entry.isDelete { entry.unmarkRenewed() } }
        return (entry.isRenewed && entry.kind != .delete) || isOfAnotherIncarnation(entry)
    }

    /// Returns whether a write is of another incarnation of this replica's name.
    private func isOfAnotherIncarnation(_ record: Record) -> Bool {
        let source = record.timestamp.source
        return source != SourceTable.own && sources[source].name == own.name
    }

    /// The limit of writes of other incarnations that end no renewal.
    private static var maxEarlierWrites: Int { 4096 }

    /// Writes a value again. Returns false if there is no memory or no version.
    @inline(never)
    private func renew(_ record: Record, _ left: inout Int) -> Bool {
        guard let lease = record.lease, !hasLeft else { return true }
        do throws(Failure) {
            try checkWrite(of: record.key)
            try checkMemory(for: record.key, record.value)
        } catch {
            return false
        }
        left -= 1
        write(
            WritableKey(bytes: record.key, hash: keys.hash(of: record.key)), record.value,
            Lease(timeToLive: lease.timeToLive, begin: leases.time, isRenewed: true))
        return true
    }

    /// Continues the renewals of a replica whose call was undone, with the next tick. This one was just loaded from the store.
    @inline(never)
    func resumeRenewals(of other: Store) {
        for item in other.renewals.due.items where other.isCurrent(item) {
            if let record = other.keys[item.key] { other.renewals.lose(record) }
        }
        renewals.lost = other.renewals.lost
        other.renewals.lost = []
        for record in renewals.lost {
            // The undone call may have renewed the key.
            if let entry = entry(of: record.key), entry.timestamp.source == SourceTable.own { entry.markRenewed() }
        }
    }
}
