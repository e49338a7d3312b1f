/// Compaction of sources: an ended source without entries shrinks to an entry of the `RetiredTable`, and returns to the table of
/// sources if an update or a claim is above that entry.
extension Store {
    /// Notes that a source may have become idle, because an entry or an update of it was removed.
    @inline(__always)
    func noteIdle(_ source: Source) {
        if !source.flags.isEmpty { queueIfIdle(source) }
    }

    @inline(never)
    private func queueIfIdle(_ source: Source) {
        guard source.isIdle, !source.isQueued, source.index != SourceTable.own else { return }
        source.isQueued = true
        idleSources.append(source.index)
    }

    /// Shrinks idle sources, and drops retired sources above their limit. Runs between calls, when no update is on its way
    /// through the tables. O(links) for each source that shrinks.
    func shrinkIdleSources() {
        var queued = idleSources
        if !queued.isEmpty { idleSources = [] }
        if !revivedSources.isEmpty, version >= revivedUntil {
            queued += revivedSources
            revivedSources = []
        }
        for id in queued {
            if maySoonRise(sources[id]) {
                keepRevived(id)
                continue
            }
            sources[id].isQueued = false
            if mayShrink(id) { shrink(id) }
        }
        dropSurplusRetired()
        retired.sweepIfNeeded(at: revision)
        let count = tombstones.items.count + waiting.count + expiries.items.count
        guard sources.limboCount >= max(16, count / 64) else { return }
        removeOutdatedTombstones()
        expiries.removeOutdated { isCurrent($0) }
        renewals.due.removeOutdated { isCurrent($0) }
        sources.recycleRemoved()
    }

    /// Returns whether a source has returned after its retirement, and keeps pace with this replica's Lamport number. Its writer
    /// may be alive, under a name that another replica bears. A source that shrinks counts as purged as a whole, so each rise
    /// would reset every peer.
    private func maySoonRise(_ source: Source) -> Bool {
        source.flags.contains(.revived) && version - min(source.covered, version) < Store.paceOfRevived
    }
    private static var paceOfRevived: Version { 1024 }

    private func keepRevived(_ id: SourceID) {
        if revivedSources.isEmpty { revivedUntil = version + Store.paceOfRevived }
        revivedSources.append(id)
    }

    /// Keeps the number of retired sources within its limit.
    func dropSurplusRetired() {
        guard retired.liveCount > configuration.maxRetired else { return }
        revision += 1
        retired.shrink(to: configuration.maxRetired, at: revision) { removeFromHash($0) }
    }

    private func mayShrink(_ id: SourceID) -> Bool {
        let source = sources[id]
        guard source.isIdle, source.outOfOrderCount == 0, !history.holdsAny(of: source), inversions.isEmpty else {
            return false
        }
        // A name with several sources needs the furthest of them.
        guard !source.isFurthest || sources.names[source.name].sources == 1 else { return false }
        return !refers(to: id)
    }

    private func isFinal(_ name: NameID) -> Bool {
        isRetired(name) && sources.names[name].state.contains(.final)
    }

    private func shrink(_ id: SourceID) {
        let source = sources[id]
        let entry = RetiredTable.Entry(
            hash: source.hash, version: source.covered, isPurged: source.purged > 0, isFinal: isFinal(source.name))
        revision += 1
        // Peers learn of no other GC version than this one.
        highestPurged = max(highestPurged, entry.purged)
        let isKept = entry.version > retired.floor
        if isKept { retired.insert(entry, at: revision) } else { removeFromHash(entry) }
        sourceShrinks(id, to: entry, isKept: isKept)
        if stabilityBlocker == id { stabilityBlocker = nil }
        invalidateShared()
        if changes != nil { noteRemoval(of: .source, source.id) }
        past.drop(source)
        sources.remove(id)
    }

    /// Removes a dropped entry from the hash.
    private func removeFromHash(_ entry: RetiredTable.Entry) {
        dotHash.removeRetired(entry.low, entry.version)
    }

    /// Drops the retired sources up to a version, because a peer has dropped them.
    func raiseRetiredFloor(to version: Version) {
        guard version > retired.floor, version <= self.version else { return }
        revision += 1
        retired.raiseFloor(to: version, at: revision) { removeFromHash($0) }
    }

    /// Returns the version up to which a source that is not known in full is covered. O(length of id) expected, and O(1) if no
    /// source is retired.
    func retiredVersion(of id: Bytes) -> Version {
        guard retired.liveCount > 0, let position = retired.find(SourceHash(of: id)) else { return 0 }
        return retired[position].version
    }

    /// Returns whether a claim is on a source that is known by its hash alone, and does not exceed what is known; or on an
    /// unknown source that has ended, and would be dropped again at once.
    func isRetired(_ claim: SourceClaim) -> Bool {
        guard retired.liveCount > 0 || retired.floor > 0, sources.find(claim.source) == nil else { return false }
        guard let position = retired.find(SourceHash(of: claim.source)) else {
            return claim.covered <= retired.floor && hasEnded(claim)
        }
        return claim.covered <= retired[position].version && (claim.purged == 0 || retired[position].purged > 0)
    }

    private func hasEnded(_ claim: SourceClaim) -> Bool {
        guard let name = sources.find(name: claim.source.nameOfSource) else { return false }
        let furthest = sources[sources.names[name].furthest]
        // Of equal ones the greater id is the furthest: see `SourceTable.noteRise`.
        return isFinal(name) || furthest.covered > claim.covered
            || (furthest.covered == claim.covered && claim.source.precedes(furthest.id))
    }

    /// Marks a new source as changed. It may have been dropped here, so peers have to learn that it is not covered.
    func noteNew(_ id: SourceID) {
        guard retired.floor > 0, sources[id].covered == 0 else { return }
        revision += 1
        noteChange(of: sources[id])
    }

    /// Gives a new source of the table the state in which it was retired.
    func revive(_ id: SourceID) {
        let source = sources[id]
        guard retired.liveCount > 0, let position = retired.find(source.hash) else { return }
        let entry = retired[position]
        retired.remove(at: position)
        revision += 1
        noteChange(of: source)
        // The source counts in the hash as before, so `covered` is set without a change of the hash.
        source.covered = entry.version
        source.purged = entry.purged
        source.flags.insert(.revived)
        source.raiseFloor(to: entry.version)
        if !source.isFurthest { sources.noteRise(of: source) }
        sourceReturns(id, from: entry, at: position)
        // The claim that has returned the source may add nothing to it.
        noteIdle(source)
    }

    /// Applies the claim of a commit on a retired source.
    /// - Returns: whether a purge is new to this replica.
    func adopt(_ claim: RetiredClaim, isReset: Bool) -> Bool {
        guard claim.version > retired.floor else { return false }
        if let id = sources.find(claim.hash) {
            guard id != SourceTable.own else { return false }
            let source = sources[id]
            let isNew = isReset && claim.isPurged && notePurgedBeside(source, claim.version)
            if claim.version > source.covered {
                cover(id, upTo: claim.version)
                bypassHistory(source, upTo: claim.version)
            }
            return isNew
        }
        if let position = retired.find(claim.hash) {
            let entry = retired[position]
            guard claim.version > entry.version || (claim.isPurged && entry.purged == 0) else { return false }
            retired.remove(at: position)
            dotHash.removeRetired(entry.low, entry.version)
            return insert(claim, atLeast: entry)
        }
        return insert(claim, atLeast: nil)
    }

    private func insert(_ claim: RetiredClaim, atLeast before: RetiredTable.Entry?) -> Bool {
        let version = max(claim.version, before?.version ?? 0)
        let isPurged = claim.isPurged || (before?.purged ?? 0) > 0
        revision += 1
        self.version = max(self.version, version)
        retired.insert(
            RetiredTable.Entry(
                hash: claim.hash, version: version, isPurged: isPurged,
                isFinal: claim.isFinal || before?.isFinal ?? false),
            at: revision)
        dotHash.addRetired(claim.hash.low, version)
        if isPurged { highestPurged = max(highestPurged, version) }
        return claim.isPurged && (before?.purged ?? 0) == 0
    }

    private func notePurgedBeside(_ source: Source, _ version: Version) -> Bool {
        // The GC version must not exceed `covered`.
        cover(source.index, upTo: version)
        bypassHistory(source, upTo: version)
        return notePurged(source, version)
    }

    /// Applies a peer's claim that the name of a source, which is known here in full, is retired for good. On this replica's own
    /// source it counts only if the replica has left.
    func noteEnded(_ id: SourceID, at version: Version) {
        let source = sources[id]
        guard source.isFurthest, id != SourceTable.own || hasLeft, source.covered == version, source.covered < .highest,
            !source.isFinal
        else { return }
        retire(source.name, at: max(sources.names[source.name].retirement, source.covered + 1), as: .final)
    }
}
