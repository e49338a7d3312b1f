/// The end of a reset: this replica removes what its sender has purged.
extension ExtendedSession {
    /// Removes the entries that the sender of a complete reset has covered and does not hold. False if the sender holds
    /// another entry of a removed one's key: that entry has to be requested before the vector may rise.
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
            // A delete that was written for another entry may have removed this tombstone, because there were too many.
            if replica.keys.isEntry(of: key, record.source, record.version) {
                removeByReset(key, record, isDeletedThere: incoming.kept(key) == 0)
            }
            record.release()
        }
        if isWhole, replica.refused != nil {
            replica.settleExceptions(byResetOf: clock, bringing: { incoming.hasRefused($0) }, but: excepted)
        }
        // After the removals, because an entry that the sender has covered and lost must not return under a new dot.
        replica.republishInverted()
        // If nothing was removed, no delta to another peer has changed, so two replicas that reset each other come to
        // rest.
        if !gone.isEmpty {
            replica.epoch += 1
            replica.removals.noteReset(at: replica.epoch)
        }
        return isWhole
    }
}

extension ExtendedSession {
    /// Removes an entry, unless the host refuses that: then it is written again. A republished entry would lose to
    /// tombstones that other replicas hold, and return with the next reset.
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
    /// Removes an entry that other replicas have deleted and whose tombstone they have purged. An expiry
    /// replaces it if a classic peer may have the entry, because that peer learns of a delete only by an update; and if the
    /// entry is inverted, because other replicas may have accepted the loser, whose dot is accounted for. An expiry
    /// deletes the entry and the loser, and nothing later.
    fileprivate func removeByReset(_ key: KeyID, _ record: Record, isDeletedThere: Bool) {
        counters.removed &+= 1
        let isInverted = isInverted(key, record)
        if !mayWrite || !(isInverted || (hasMetClassic && isDeletedThere)) {
            remove(key, record)
        } else if !record.isDelete {
            republishEnded(key, record)
        } else if isInverted {
            republish(key, record)
        }
        inversions.remove(key)
        if !record.isDelete { reportRemoval(record) }
    }
}
