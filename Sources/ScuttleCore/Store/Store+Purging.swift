/// Tombstones, and how they are forgotten.
///
/// A tombstone is an entry until it is purged; then only `Source.purged` remembers that there was one. By itself a replica
/// purges what is stable: every name that counts has promised to write nothing at or below the tombstone's version. Of the
/// incarnations of one name those count that may be alive: `Source.mayBeAlive`. That needs no wall clock.
///
/// Each tombstone that is covered stands in one of three places, with some that are none any more: `tombstones`, by version; if a
/// link's walk has not come to it, `Waiting.walks`, by arrival; if a peer has refused it, `Waiting.refused`, until the next gossip.
/// So a call looks at those only that something may have become of.
extension Store {
    /// Stable tombstones that something else holds back.
    struct Waiting {
        var walks = KeyHeap()
        /// A walk that has not come to them.
        var walk = 0
        var refused = KeyHeap()

        var count: Int { walks.items.count + refused.items.count }
    }

    /// A call purges so many stable tombstones, and lets as many come back from those that wait; the next call goes on.
    private static var maxPurgedPerCall: Int { 4096 }

    /// The vector covers a tombstone.
    @inline(never)
    func list(tombstone record: Record, _ key: KeyID) {
        tombstones.push(
            KeyHeap.Item(number: record.version, key: key, source: record.source, version: record.version))
        guard tombstones.items.count + waiting.count > 2 * keys.tombstoneCount + 32 else { return }
        removeOutdatedTombstones()
    }

    /// O(tombstones).
    @inline(never)
    func removeOutdatedTombstones() {
        tombstones.removeOutdated { isCurrent($0) }
        waiting.walks.removeOutdated { isCurrent($0) }
        waiting.refused.removeOutdated { isCurrent($0) }
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
        reconsiderRefused()
        admitWaiting(.max, most: .max)
        return purge(upTo: .highest, leaving: 0)
    }

    /// Forgets the tombstones that are stable, unless the host keeps them, or a classic peer may need them. O(1) while a
    /// source holds them back; O(sources) for all that move on from there together.
    func purgeStable() {
        guard keys.tombstoneCount > 0, mayPurge, !configuration.keepsTombstones, !hasMetClassic else { return }
        raiseLowWaterMark()
        if let first = waiting.walks.first, waitingPosition >= first.number {
            admitWaiting(walkLimit(), most: Store.maxPurgedPerCall)
        }
        guard let oldest = oldestTombstone(), !isHeldBack(oldest) else { return }
        var stable = Version.highest
        for id in sources.ids where sources[id].covered < stable && counts(sources[id]) { stable = sources[id].covered }
        // What is missing may still come, and lose to a tombstone.
        if let missing = refused?.lowestMissing { stable = min(stable, missing - 1) }
        purge(upTo: stable, leaving: 0, most: Store.maxPurgedPerCall, waits: true)
    }

    /// Whether a source has not promised to write nothing at or below a version. From the source on that held tombstones back
    /// when it was last looked for: so a source that rises costs one look at each, and not one at all.
    private func isHeldBack(_ version: Version) -> Bool {
        let count = sources.ids.count
        let start = Int(stabilityBlocker ?? 0)
        for step in 0..<count {
            let place = start + step < count ? start + step : max(0, start + step - count)
            let id = SourceID(truncatingIfNeeded: place)
            if place < count, sources[id].covered < version, counts(sources[id]) {
                stabilityBlocker = id
                return true
            }
        }
        stabilityBlocker = nil
        return false
    }

    /// How far the walk has come that held tombstones back when walks were last looked at.
    private var waitingPosition: Arrivals.Sequence { position(ofWalk: waiting.walk) }

    /// A walk that has not come to a tombstone would leave its peer with what the tombstone deletes. O(links).
    @inline(never)
    private func walkLimit() -> Arrivals.Sequence {
        let least = leastWalk()
        if least.position < .max { waiting.walk = least.walk }
        return least.position
    }

    /// All walks have come to a place in the order of arrival.
    @inline(never)
    private func admitWaiting(_ limit: Arrivals.Sequence, most: Int) {
        var left = most
        while left > 0, let item = waiting.walks.first, item.number <= limit {
            _ = waiting.walks.pop()
            left -= 1
            tombstones.push(
                KeyHeap.Item(number: item.version, key: item.key, source: item.source, version: item.version))
        }
    }

    /// Peers may take by now what they have refused.
    @inline(never)
    func reconsiderRefused() {
        while let item = waiting.refused.pop() { tombstones.push(item) }
    }

    /// Keeps the number of tombstones within its limit. Those ahead of the clock have to stay: while they are too many, it
    /// looks again only when there are half as many more, or when some have been covered. If some waited, a sixteenth more goes, so
    /// that they are not looked at again for each tombstone.
    func purgeSurplusTombstones() {
        guard keys.tombstoneCount > tombstoneThreshold, mayPurge else { return }
        let most = configuration.maxTombstones
        let slack = waiting.count > 0 ? most / 16 : 0
        reconsiderRefused()
        admitWaiting(.max, most: .max)
        purge(upTo: .highest, leaving: most - slack)
        tombstoneThreshold = max(most, keys.tombstoneCount + keys.tombstoneCount / 2)
        if keys.tombstoneCount <= most { tombstoneThreshold = most }
    }

    /// Whether a source has a say in what is stable. One of which nothing is covered has if an entry of it came ahead of its
    /// cover: others may hold what a tombstone has beaten here, and republish it when the tombstone is gone.
    private func counts(_ source: Source) -> Bool {
        guard source.mayBeAlive else { return false }
        if source.covered > 0 || source.outOfOrderCount > 0 { return true }
        // No retirement of such a name becomes final.
        return source.hadOutOfOrder && !source.flags.contains(.retired)
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

    /// Forgets tombstones, lowest version first, up to a version.
    /// - Parameter waits: those that a walk or a refusal of a peer holds back have to wait.
    @discardableResult
    private func purge(upTo version: Version, leaving least: Int, most: Int = .max, waits: Bool = false) -> Int {
        republishInverted()
        var count = 0
        var left = most
        var limit: Arrivals.Sequence?
        // If it stands where it did, all that has come since waits with the rest.
        let position = waits ? waitingPosition : .max
        // A tombstone that a peer has refused is not stable; otherwise it would come back as a reset, again and again.
        let isRefused = waits && peersHaveExceptions ? refusalsOfPeers() : nil
        while left > 0, let item = tombstones.first, item.number <= version, keys.tombstoneCount > least {
            _ = tombstones.pop()
            left -= 1
            // Its dot may have come anew, with a value.
            guard isCurrent(item), let record = keys[item.key], record.isDelete else { continue }
            if waits, limit == nil, record.arrival <= position { limit = walkLimit() }
            if waits, record.arrival > limit ?? position {
                waiting.walks.push(
                    KeyHeap.Item(number: record.arrival, key: item.key, source: item.source, version: item.version))
                continue
            }
            if let isRefused, isRefused(record) {
                waiting.refused.push(item)
                continue
            }
            notePurged(sources[item.source], item.version)
            purgedTombstones.append(record, epoch: epoch)
            remove(item.key, record)
            count += 1
        }
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
}
