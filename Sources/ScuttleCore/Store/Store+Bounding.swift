/// The limits `max_keys` and `max_bytes`.
///
/// A local write over a limit is an error; an update of a peer over a limit is refused: see `Store+Refusing`. Some changes pass
/// every limit: the delete of a key that holds a value, an expiry, a republished update, and loading.
///
/// An update that adds a key or lengthens a value passes while seven eighths of `max_bytes` are in use. The last eighth is for
/// shorter values, sources, and deletes of keys without a value. Before the replica refuses an update, it releases the history
/// and the updates that wait for their cover, which only make deltas shorter.
extension Store {
    /// Returns the error of an update for which there is no room; nil if there is room. O(length of key), and amortised O(1) for
    /// the memory that is released.
    /// - Parameter holder: the index of the link whose pending updates may be dropped; nil: those of all links.
    /// - Parameter newKeys: the number of keys that are about to hold a value, too.
    @inline(never)
    func overflow(
        by key: Bytes, _ value: Bytes, isDelete: Bool, of holder: Int? = nil, beside newKeys: Int = 0
    ) -> Failure? {
        let current = entry(of: key)
        let holdsValue = current.map { !$0.isDelete } ?? false
        if isDelete {
            if holdsValue { return nil }
        } else if !holdsValue, keys.liveCount &+ newKeys >= configuration.maxKeys {
            return Failure(
                .keys, "\(keys.liveCount &+ newKeys) keys hold a value; max_keys is \(configuration.maxKeys)")
        }
        let text = key.count &+ value.count
        let isGrowing = !isDelete && text > current?.text.count ?? 0
        let rest = (isGrowing ? limits.bytes / 8 : 0) &+ newKeys &* Store.bytesPerKey
        return overflow(by: text, leaving: rest, current, of: holder)
    }

    /// Returns the error of an update for which there is no room, if `rest` bytes are to remain.
    /// - Parameter text: the number of bytes of key and value.
    /// - Parameter current: the entry that the update replaces.
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
                // A record with another owner stays for now.
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
        Failure(.bytes, "\(bytes) bytes are needed beside the \(heldBytes) in use; max_bytes is \(limits.bytes)")
    }

    /// Drops the updates that wait for their cover, and the removals that a reset, a watcher or a save may have to name.
    private func releaseOptional(of holder: Int?) {
        removals.clear(at: epoch)
        invalidateShared()
        dropPending(of: holder)
    }

    /// Drops the older half of the history. Returns false if the history is empty. O(history).
    private func shortenHistory() -> Bool {
        let count = (history.count &+ 1) >> 1
        reportCompaction(of: count)
        noteIdle(history.dropOldest(count, capacity: history.currentCapacity, in: sources))
        return count > 0
    }

    /// Checks that there is room for another source.
    /// - Throws: `.bytes`.
    @inline(never)
    func checkRoomForSource() throws(Failure) {
        guard heldBytes <= limits.bytes &- Store.bytesPerSource else {
            throw bytesFailure(needed: Store.bytesPerSource)
        }
    }

    /// The bytes that the replica uses, with all overhead but that of links: for records the bytes of their allocator, for all
    /// else the average or the most. O(1).
    @inline(never)
    var heldBytes: Int {
        // These are counts of things in memory, so that their sum cannot overflow. The indices of sources are as large as the
        // arrivals.
        var bytes = pool.bytes &+ keys.idLimit &* 32 &+ arrivals.bytes &* 2 &+ sources.liveCount &* Store.bytesPerSource
        bytes &+= (tombstones.items.count &+ expiries.items.count &+ retired.count) &* 32 &+ removals.count &* 40
        return bytes &+ renewals.due.items.count &* 32 &+ history.count &* 48 &+ (refused?.count ?? 0) &* 128
    }

    /// The average of a new key's bytes in the tables and indices.
    private static var bytesPerKey: Int { 64 }

    /// The most bytes of a source without its entries. Its id stands there twice.
    private static var bytesPerSource: Int { 1024 }
}

extension Configuration {
    var isBounded: Bool { maxKeys != .max || limits.bytes != .max }

    /// Lowers the limits that follow from `max_bytes`: retired sources and exceptions, which peers cause, take an eighth of it
    /// each at most. If the limit is small, there is no pool, whose chunks would be too large a part of it.
    public mutating func bound() {
        guard limits.bytes != .max else { return }
        maxRetired = min(maxRetired, limits.bytes / 256)
        maxRefused = min(maxRefused, limits.bytes / 1024)
        if limits.bytes < 8 * Chunk.bytes { fewKeys = .max }
    }
}
