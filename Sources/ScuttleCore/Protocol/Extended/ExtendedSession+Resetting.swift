/// A reset that is whole: what its sender has forgotten goes here too.
extension ExtendedSession {
    /// What the sender of a whole reset has covered, and holds no more, goes here too. False if something went for which the
    /// sender holds something else: that has to be asked for before the vector may move.
    func reset(_ excepted: ExceptionList) -> Bool {
        var clock = PeerState()
        for claim in incoming.claims where !incoming.excludes(claim.source) {
            clock.note(claim.source, covered: claim.covered, purged: claim.purged, in: replica)
        }
        for claim in endedSources {
            if let id = replica.sources.find(claim.hash) {
                clock.note(id, covered: claim.version, purged: claim.isPurged ? claim.version : 0, in: replica)
            } else if claim.isPurged, replica.retired.find(claim.hash) == nil {
                clock.notePurged(claim.version)
            }
        }
        if replica.mustRepublish(against: clock) { replica.republish(against: clock) }
        var gone: [(key: KeyID, record: Record)] = []
        var isWhole = true
        replica.keys.forEach { key, record in
            let kept = incoming.kept(key)
            guard record.version <= clock.covered(record.source, in: replica), kept != record.arrival,
                !replica.configuration.disabledRules.contains(.removal),
                excepted.isEmpty || !excepted.contains(record.dot)
            else { return true }
            if kept != 0 { isWhole = false }
            record.retain()
            gone.append((key, record))
            return true
        }
        for (key, record) in gone {
            // A delete that was written for another may have made it one tombstone too many.
            if replica.keys.isEntry(of: key, record.source, record.version) {
                removeByReset(key, record, isDeletedThere: incoming.kept(key) == 0)
            }
            record.release()
        }
        if isWhole, replica.refused != nil {
            replica.settleExceptions(byResetOf: clock, bringing: { incoming.hasRefused($0) }, but: excepted)
        }
        // Only now: an entry that the sender has covered and lost must not come back under a new dot.
        replica.settleInversions()
        // Where nothing went, nothing that is on its way to others has changed: two that reset each other come to rest.
        if !gone.isEmpty {
            replica.epoch += 1
            replica.forgotten.noteReset(at: replica.epoch)
        }
        return isWhole
    }
}

extension ExtendedSession {
    /// Removes an entry, unless the host refuses that: then it is written again. A republished one would lose to the tombstones that
    /// others still hold, and come back with the next reset.
    private func removeByReset(_ key: KeyID, _ record: Record, isDeletedThere: Bool) {
        if let accept = replica.configuration.accept, !record.isDelete, replica.mayWrite,
            !accept(context.identity, replica.removal(of: record))
        {
            return replica.writeAgain(key, record)
        }
        replica.removeByReset(key, record, isDeletedThere: isDeletedThere)
    }
}

extension Store {
    /// An entry goes, since others have deleted it and forgotten so. An expiry of it stays if a classic peer may have the entry,
    /// which has to be told in a way that it knows; and if the entry is inverted: others may have taken what it has beaten here,
    /// and the dot of that is accounted for. An expiry deletes the entry and what it has beaten, and nothing later.
    fileprivate func removeByReset(_ key: KeyID, _ record: Record, isDeletedThere: Bool) {
        let isInverted = isInverted(key, record)
        if !mayWrite || !(isInverted || (hasMetClassic && isDeletedThere)) {
            remove(key, record)
        } else if !record.isDelete {
            republishEnded(key, record)
        } else if isInverted {
            republish(key, record)
        }
        inversions.remove(key)
        if !record.isDelete { tellRemoved(record) }
    }
}
