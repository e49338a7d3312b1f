/// Tombstones, and how they are forgotten.
///
/// A tombstone is an entry until it is purged; then only `Source.purged` remembers that there was one. By itself a replica
/// purges what is stable: every name that counts has promised to write nothing at or below the tombstone's version. Of the
/// incarnations of one name those count that may be alive: `Source.mayBeAlive`. That needs no wall clock. `tombstones` has each of them, and some that are none any more, by version.
extension Replica {
    func noteTombstone(_ record: Record, _ key: KeyID) {
        tombstones.push(
            KeyHeap.Item(number: record.version, key: key, source: record.source, version: record.version))
        tombstones.sweep(keeping: keys.tombstoneCount) { isCurrent($0) }
    }

    /// Whether an item of a heap still speaks of its key's entry.
    func isCurrent(_ item: KeyHeap.Item) -> Bool {
        keys.isEntry(of: item.key, item.source, item.version)
    }

    /// Forgets all tombstones that are covered here; returns how many.
    /// - Throws: `.unsupported` where the host resolves: only it knows what its tombstones beat.
    public func purge() throws(Failure) -> Int {
        guard mayPurge else {
            throw Failure(
                .unsupported, "with a resolver of the host's, tombstones are kept: it alone knows what they beat")
        }
        return purge(upTo: .highest, leaving: 0)
    }

    /// Forgets the tombstones that are stable, unless the host keeps them, or a classic peer may need them. O(1) while a
    /// source holds them back.
    func purgeStable() {
        guard keys.tombstoneCount > 0, mayPurge, !configuration.keepsTombstones, !hasMetClassic else { return }
        guard let oldest = oldestTombstone() else { return }
        renewPromise()
        if let blocker = stabilityBlocker, counts(sources[blocker]), sources[blocker].covered < oldest { return }
        var stable = Version.highest
        stabilityBlocker = nil
        for id in sources.ids {
            let source = sources[id]
            guard source.covered < stable, counts(source) else { continue }
            stable = source.covered
            stabilityBlocker = id
        }
        // What is missing may still come, and lose to a tombstone.
        if let missing = refused?.lowestMissing { stable = min(stable, missing - 1) }
        // A walk that has not come to a tombstone would leave its peer with what the tombstone deletes.
        purge(upTo: stable, leaving: 0, before: links.reduce(.max) { min($0, $1.walkPosition) })
    }

    /// Keeps the number of tombstones within its limit. Those ahead of the clock have to stay: while they are too many, it
    /// looks again only when there are half as many more, or when some have been covered.
    func forgetSurplusTombstones() {
        guard keys.tombstoneCount > tolerableTombstones, mayPurge else { return }
        purge(upTo: .highest, leaving: configuration.maxTombstones)
        tolerableTombstones = max(configuration.maxTombstones, keys.tombstoneCount + keys.tombstoneCount / 2)
        if keys.tombstoneCount <= configuration.maxTombstones { tolerableTombstones = configuration.maxTombstones }
    }

    /// Whether a source has a say in what is stable. One of which nothing is covered has if an entry of it came ahead of its
    /// cover: others may hold what a tombstone has beaten here, and republish it when the tombstone is gone.
    private func counts(_ source: Source) -> Bool {
        guard source.mayBeAlive else { return false }
        if source.covered > 0 || source.aheadCount > 0 { return true }
        // No retirement of such a name becomes final.
        return source.wasAhead && !source.marks.contains(.retired)
    }

    private var mayPurge: Bool {
        if case .host = configuration.resolver { return false }
        return true
    }

    private func oldestTombstone() -> Version? {
        while let item = tombstones.first {
            if isCurrent(item) { return item.version }
            _ = tombstones.pop()
        }
        return nil
    }

    /// Forgets tombstones, lowest version first, that are covered and have come before a place in the order of arrival.
    @discardableResult
    private func purge(upTo version: Version, leaving most: Int, before limit: Arrivals.Stamp = .max) -> Int {
        settleInversions()
        var kept: [KeyHeap.Item] = []
        var count = 0
        // A tombstone that a peer has refused is not stable; otherwise it would come back as a reset, again and again.
        let refusing =
            version < .highest && hasHeardExceptions
            ? links.filter { $0.memory?.exceptions ?? $0.memory?.exceptionsBefore != nil } : []
        while let item = tombstones.first, item.number <= version, keys.tombstoneCount > most {
            _ = tombstones.pop()
            guard isCurrent(item), let record = keys[item.key] else { continue }
            let source = sources[item.source]
            guard item.version <= source.covered, record.arrival <= limit,
                refusing.isEmpty || !refusing.contains(where: { $0.isExcepted(record) })
            else {
                kept.append(item)
                continue
            }
            notePurged(source, item.version)
            forgotten.append(record, epoch: epoch)
            remove(item.key, record)
            count += 1
        }
        for item in kept { tombstones.push(item) }
        if count > 0 { epoch += 1 }
        return count
    }

    /// Remembers that a tombstone of this source was forgotten, here or elsewhere; false where that is known.
    @discardableResult
    func notePurged(_ source: Source, _ version: Version) -> Bool {
        guard version > source.purged else { return false }
        source.purged = version
        highestPurged = max(highestPurged, version)
        revision += 1
        noteChange(of: source)
        return true
    }

    /// Republishes what a peer that is ahead has not covered, and what a tombstone that it has forgotten might have beaten:
    /// others may have covered it with that tombstone. O(entries), and nothing where this replica does not lag.
    func republish(against peer: PeerState) {
        guard peer.highestPurged > 0, peer.isAhead(of: sources, retired),
            !configuration.disabledRules.contains(.republish)
        else {
            return
        }
        var stale: [KeyID] = []
        keys.forEach { key, record in
            if record.version <= peer.highestPurged, record.version > peer.covered(record.source) { stale.append(key) }
            return true
        }
        // A new dot has to be above the tombstones that the peer has forgotten: others may still hold them.
        if !stale.isEmpty { version = max(version, peer.highestPurged) }
        for key in stale {
            guard mayWrite, let record = keys[key] else { continue }
            republish(key, record)
        }
    }
}
