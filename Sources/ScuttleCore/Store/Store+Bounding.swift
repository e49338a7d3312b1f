/// Limits on what a replica holds: `max_keys` and `max_bytes`.
///
/// A local write over a limit is an error, and an update of a peer is refused: see `Store+Refusing`. What a replica does by itself is
/// always done: the delete of a key that holds a value, the end of a time to live, a write under a new dot, and loading.
///
/// An update that adds a key or lengthens a value is taken while seven eighths of `max_bytes` are in use. The last eighth is for what has
/// to pass then: shorter values, sources, and deletes of keys that are not here. Before something is refused, the replica lets go of what
/// only serves to answer peers sooner: history, and updates that wait for their cover.
extension Store {
    /// Why there is no room for an update; nil if there is. O(length of key), and amortised O(1) for what is let go.
    /// - Parameter holder: whose updates are to wait no longer for their cover, the place of a link; nil: those of all.
    @inline(never)
    func overflow(by key: Bytes, _ value: Bytes, isDelete: Bool, of holder: Int? = nil) -> Failure? {
        let current = entry(of: key)
        let holdsValue = current.map { !$0.isDelete } ?? false
        if isDelete {
            if holdsValue { return nil }
        } else if !holdsValue, keys.liveCount >= configuration.maxKeys {
            return Failure(.keys, "another key than the \(keys.liveCount) held; max_keys is \(configuration.maxKeys)")
        }
        let text = key.count &+ value.count
        let isGrowing = !isDelete && text > current?.text.count ?? 0
        return overflow(by: text, leaving: isGrowing ? limits.bytes / 8 : 0, current, of: holder)
    }

    /// - Parameter text: the bytes of key and value.
    /// - Parameter current: what the update replaces.
    @inline(never)
    func overflow(by text: Int, leaving rest: Int, _ current: Record? = nil, of holder: Int? = nil) -> Failure? {
        guard limits.bytes != .max else { return nil }
        var isShortened = false
        while true {
            let left = limits.bytes &- rest &- heldBytes
            pool.limit(to: left &- Chunk.bytes)
            let bytes = Record.bytes(ofText: text)
            var needed = pool.hasRoom(for: bytes) ? 0 : RecordHeap.cost(of: bytes)
            if let current {
                // What somebody else holds stays for now.
                if current.hasOneOwner { needed &-= RecordHeap.cost(of: current.bytes) }
            } else {
                needed &+= Store.bytesPerKey
            }
            if needed <= left { return nil }
            if !isShortened {
                isShortened = true
                releaseOptional(of: holder)
            } else if !shortenHistory() {
                return bytesFailure(needed: needed)
            }
        }
    }

    private func bytesFailure(needed bytes: Int) -> Failure {
        Failure(.bytes, "\(bytes) bytes more than the \(heldBytes) held; max_bytes is \(limits.bytes)")
    }

    /// Lets go of the updates that wait for their cover, and of the tombstones that a reset may have to name.
    private func releaseOptional(of holder: Int?) {
        purgedTombstones.clear(at: epoch)
        invalidateShared()
        dropPending(of: holder)
    }

    /// Forgets the older half of the history. O(what it holds); false if it holds nothing.
    private func shortenHistory() -> Bool {
        let count = (history.count &+ 1) >> 1
        reportCompaction(of: count)
        noteIdle(history.dropOldest(count, capacity: history.currentCapacity, in: sources))
        return count > 0
    }

    /// - Throws: `.bytes`.
    @inline(never)
    func checkRoomForSource() throws(Failure) {
        guard heldBytes <= limits.bytes &- Store.bytesPerSource else { throw bytesFailure(needed: Store.bytesPerSource) }
    }

    /// What the replica holds, with all overhead but that of links: its records by what the allocator gives for them, all else by what it
    /// takes on average, or at most. O(1).
    @inline(never)
    var heldBytes: Int {
        // Counts of what is in memory: no sum of them comes near the end of numbers. The indices of sources have what arrivals have.
        var bytes = pool.bytes &+ keys.idLimit &* 32 &+ arrivals.bytes &* 2 &+ sources.liveCount &* Store.bytesPerSource
        bytes &+= (tombstones.items.count &+ expiries.items.count &+ purgedTombstones.count &+ retired.count) &* 32
        return bytes &+ history.count &* 48 &+ (refused?.count ?? 0) &* 128
    }

    /// What a new key takes in the tables and indices, on average.
    private static var bytesPerKey: Int { 64 }

    /// The most that a source takes without its entries: its id stands there twice.
    private static var bytesPerSource: Int { 1024 }
}

extension Configuration {
    var isBounded: Bool { maxKeys != .max || limits.bytes != .max }

    /// Lowers what follows from `max_bytes`: what peers can make a replica remember beside entries and sources takes an eighth of it each
    /// at most. Chunks of a pool would be too large a part of a small limit.
    public mutating func bound() {
        guard limits.bytes != .max else { return }
        maxRetired = min(maxRetired, limits.bytes / 256)
        maxRefused = min(maxRefused, limits.bytes / 1024)
        if limits.bytes < 8 * Chunk.bytes { fewKeys = .max }
    }
}
