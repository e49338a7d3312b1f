/// The tombstones that were purged last, with the GC epoch that ended with each. A reset that goes on on another link names them
/// first, because the peer may have received them.
///
/// Owns a reference to each record. Memory: `capacity` records. Append: O(1).
struct PurgedTombstones: ~Copyable {
    private var ring: [(epoch: UInt64, record: Record)] = []
    private var next = 0
    private let capacity: Int
    /// Tombstones that were purged before this GC epoch may be missing.
    private(set) var floor: UInt64 = 0
    /// The GC epoch of the latest reset that removed entries. No delta goes on across it.
    private(set) var resetEpoch: UInt64 = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    deinit {
        for item in ring { item.record.release() }
    }

    /// Appends a tombstone whose purge ends a GC epoch.
    mutating func append(_ record: Record, epoch: UInt64) {
        record.retain()
        guard ring.count == capacity else {
            ring.append((epoch, record))
            return
        }
        floor = max(floor, ring[next].epoch &+ 1)
        ring[next].record.release()
        ring[next] = (epoch, record)
        next = next + 1 == capacity ? 0 : next + 1
    }

    var count: Int { ring.count }

    /// Releases all tombstones, at a GC epoch.
    mutating func clear(at epoch: UInt64) {
        guard !ring.isEmpty else { return }
        for item in ring { item.record.release() }
        (ring, next) = ([], 0)
        floor = max(floor, epoch)
    }

    mutating func noteReset(at epoch: UInt64) {
        resetEpoch = epoch
    }

    /// Returns whether a delta whose progress belongs to a GC epoch can go on.
    func reaches(_ epoch: UInt64, _ mode: DeltaMode) -> Bool {
        epoch >= resetEpoch && (mode != .reset || epoch >= floor)
    }

    /// Returns the tombstones that were purged at or after a GC epoch, oldest first. O(capacity).
    func since(_ epoch: UInt64) -> [Record] {
        var found: [Record] = []
        for offset in ring.indices {
            let item = ring[(next + offset) % ring.count]
            if item.epoch >= epoch { found.append(item.record) }
        }
        return found
    }
}
