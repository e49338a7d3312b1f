/// Tombstones and their garbage collection.
///
/// A tombstone is an entry until it is purged; then only `Source.purged` shows that there was one. A replica purges stable
/// tombstones by itself: a tombstone is stable if the low-water mark of every name that counts is at or above its version. Of the
/// incarnations of one name those count that may be alive: `Source.mayBeAlive`. That needs no time.
///
/// Each covered tombstone stands in one of three heaps, among outdated items: in `tombstones`, by version; if a link's walk has
/// not reached it, in `Waiting.walks`, by arrival; if a peer has refused it, in `Waiting.refused`, until the next gossip. So a
/// call looks only at tombstones that may have become stable.
extension Store {
    /// The stable tombstones that a walk or a refusal holds back.
    struct Waiting {
        var walks = KeyHeap()
        /// The number of a walk that has not reached them.
        var walk = 0
        var refused = KeyHeap()

        var count: Int { walks.items.count + refused.items.count }
    }

    /// The most stable tombstones that a call purges, and the most that it moves back from `waiting.walks`. The next call goes
    /// on.
    private static var maxPurgedPerCall: Int { 4096 }

    /// Lists a tombstone that the vector covers.
    @inline(never)
    func list(tombstone record: Record, _ key: KeyID) {
        tombstones.push(
            KeyHeap.Item(priority: record.version, key: key, source: record.source, version: record.version))
        guard tombstones.items.count + waiting.count > 2 * keys.tombstoneCount + 32 else { return }
        removeOutdatedTombstones()
    }

    /// Removes outdated items from the heaps. O(tombstones).
    @inline(never)
    func removeOutdatedTombstones() {
        tombstones.removeOutdated { isCurrent($0) }
        waiting.walks.removeOutdated { isCurrent($0) }
        waiting.refused.removeOutdated { isCurrent($0) }
    }

    /// Returns whether the update of an item is still its key's entry.
    func isCurrent(_ item: KeyHeap.Item) -> Bool {
        keys.isEntry(of: item.key, item.source, item.version)
    }

    /// Purges all covered tombstones, and returns their number.
    /// - Throws: `.unsupported` if the host resolves, because it alone knows what its tombstones beat.
    public func purge() throws(Failure) -> Int {
        guard mayPurge else {
            throw Failure(
                .unsupported, "with a resolver of the host's, tombstones are kept: it alone knows what they beat")
        }
        reconsiderRefused()
        admitWaiting(.max, most: .max)
        return purge(upTo: .highest, leaving: 0)
    }

    /// Purges the stable tombstones, unless the host keeps tombstones or a classic peer may need them. O(1) while a source holds
    /// them back; O(sources) for all that become stable together.
    func purgeStable() {
        guard keys.tombstoneCount > 0, mayPurge, !configuration.keepsTombstones, !hasMetClassic else { return }
        raiseLowWaterMark()
        if let first = waiting.walks.first, waitingPosition >= first.priority {
            admitWaiting(walkLimit(), most: Store.maxPurgedPerCall)
        }
        guard let oldest = oldestTombstone(), !isHeldBack(oldest) else { return }
        var stable = Version.highest
        for id in sources.ids where sources[id].covered < stable && counts(sources[id]) { stable = sources[id].covered }
        // A missing update may still arrive, and lose to a tombstone.
        if let missing = refused?.lowestMissing { stable = min(stable, missing - 1) }
        purge(upTo: stable, leaving: 0, most: Store.maxPurgedPerCall, waits: true)
    }

    /// Returns whether the low-water mark of a source that counts is below a version. Begins with the source that held tombstones
    /// back at the latest call, so that a source that rises costs one look, or none.
    private func isHeldBack(_ version: Version) -> Bool {
        let count = sources.ids.count
        let start = Int(stabilityBlocker ?? 0)
        for step in 0..<count {
            let index = start + step < count ? start + step : max(0, start + step - count)
            let id = SourceID(truncatingIfNeeded: index)
            if index < count, sources[id].covered < version, counts(sources[id]) {
                stabilityBlocker = id
                return true
            }
        }
        stabilityBlocker = nil
        return false
    }

    /// The position of the walk that held tombstones back when walks were last looked at.
    private var waitingPosition: Arrivals.Sequence { position(ofWalk: waiting.walk) }

    /// Returns the position of the walk that is the least far. A walk that has not reached a tombstone would leave its peer with
    /// the update that the tombstone deletes. O(links).
    @inline(never)
    private func walkLimit() -> Arrivals.Sequence {
        let least = leastWalk()
        if least.position < .max { waiting.walk = least.walk }
        return least.position
    }

    /// Moves the tombstones that all walks have reached back to `tombstones`.
    @inline(never)
    private func admitWaiting(_ limit: Arrivals.Sequence, most: Int) {
        var left = most
        while left > 0, let item = waiting.walks.first, item.priority <= limit {
            _ = waiting.walks.pop()
            left -= 1
            tombstones.push(
                KeyHeap.Item(priority: item.version, key: item.key, source: item.source, version: item.version))
        }
    }

    /// Moves the tombstones that peers had refused back to `tombstones`, because peers may accept them by now.
    @inline(never)
    func reconsiderRefused() {
        while let item = waiting.refused.pop() { tombstones.push(item) }
    }

    /// Purges tombstones above `max_tombstones`. Out-of-order tombstones stay: while those are too many, the next look is due if
    /// there are half as many more, or if some were covered. If some waited, a sixteenth more goes, so that they are not looked
    /// at again for each tombstone.
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

    /// Returns whether a source counts in what is stable. A source of which nothing is covered counts if one of its entries has
    /// been out of order: peers may hold what a tombstone has beaten here, and republish it after the purge of the tombstone.
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

    /// Purges tombstones up to a version, lowest version first, until `least` remain.
    /// - Parameter waits: whether tombstones wait that a walk or a refusal of a peer holds back.
    @discardableResult
    private func purge(upTo version: Version, leaving least: Int, most: Int = .max, waits: Bool = false) -> Int {
        republishInverted()
        var count = 0
        var left = most
        var limit: Arrivals.Sequence?
        // While that walk has not moved, all tombstones that have arrived since wait with the rest.
        let position = waits ? waitingPosition : .max
        // A tombstone that a peer has refused is not stable; otherwise it would come back as a reset, again and again.
        let isRefused = waits && peersHaveExceptions ? refusalsOfPeers() : nil
        while left > 0, let item = tombstones.first, item.priority <= version, keys.tombstoneCount > least {
            _ = tombstones.pop()
            left -= 1
            // The update may have arrived anew, with a value.
            guard isCurrent(item), let record = keys[item.key], record.isDelete else { continue }
            if waits, limit == nil, record.arrival <= position { limit = walkLimit() }
            if waits, record.arrival > limit ?? position {
                waiting.walks.push(
                    KeyHeap.Item(priority: record.arrival, key: item.key, source: item.source, version: item.version))
                continue
            }
            // The next tick has to find the delete of a renewed key.
            if record.isRenewed || isRefused?(record) ?? false {
                waiting.refused.push(item)
                continue
            }
            notePurged(sources[item.source], item.version)
            remove(item.key, record, purgedIn: epoch)
            count += 1
        }
        counters.purged &+= UInt64(truncatingIfNeeded: count)
        if count > 0 { epoch += 1 }
        return count
    }

    /// Raises the GC version of a source, because a tombstone was purged, here or by a peer. Returns false if it is not below the
    /// version.
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
