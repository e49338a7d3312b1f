/// The entries that were removed last: purged tombstones, and entries that a reset has removed. Their keys have no entry that
/// could tell a watcher or a save of the removal. A reset that goes on on another link names the purged ones first, because the
/// peer may have received them.
///
/// Owns a reference to each record. Memory: `capacity` records. Append: O(1).
struct RemovedEntries: ~Copyable {
    struct Item {
        /// A tombstone. In place of a removed value there is one with its key and dot.
        let record: Record
        /// The sequence of the removal, in the order of arrival.
        let sequence: Arrivals.Sequence
        /// The sequence at which the key lost its value: that of the tombstone, or of the removal.
        let deletedAt: Arrivals.Sequence
        /// The GC epoch that ended with the purge of a tombstone; nil: a reset removed the entry.
        let epoch: UInt64?
    }

    private var ring: [Item] = []
    private var next = 0
    private let capacity: Int
    /// Tombstones that were purged before this GC epoch may be missing.
    private var floor: UInt64 = 0
    /// The latest sequence of a removal that is missing, and the latest at which a key that is missing lost its value.
    private var missingUntil: Arrivals.Sequence = 0
    private var missingDeleteUntil: Arrivals.Sequence = 0
    /// The GC epoch of the latest reset that removed entries. No delta goes on across it.
    private(set) var resetEpoch: UInt64 = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    deinit {
        for item in ring { item.record.release() }
    }

    /// Appends a removal, and owns the caller's reference to its record from then on.
    mutating func append(_ item: Item) {
        guard ring.count == capacity else {
            ring.append(item)
            return
        }
        drop(ring[next])
        if let epoch = ring[next].epoch { floor = max(floor, epoch &+ 1) }
        ring[next] = item
        next = next + 1 == capacity ? 0 : next + 1
    }

    var count: Int { ring.count }

    /// Releases all records, at a GC epoch.
    mutating func clear(at epoch: UInt64) {
        guard !ring.isEmpty else { return }
        for item in ring { drop(item) }
        (ring, next) = ([], 0)
        floor = max(floor, epoch)
    }

    private mutating func drop(_ item: Item) {
        missingUntil = max(missingUntil, item.sequence)
        missingDeleteUntil = max(missingDeleteUntil, item.deletedAt)
        item.record.release()
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
            if let purge = item.epoch, purge >= epoch { found.append(item.record) }
        }
        return found
    }

    /// Returns whether all removals above a sequence are here; and whether all are by which a key lost its value.
    func hasAll(after sequence: Arrivals.Sequence) -> Bool { sequence >= missingUntil }
    func hasAllDeletes(after sequence: Arrivals.Sequence) -> Bool { sequence >= missingDeleteUntil }

    /// Returns whether there is a removal above a sequence.
    func hasAny(after sequence: Arrivals.Sequence) -> Bool {
        guard !ring.isEmpty else { return false }
        return ring[(next + ring.count - 1) % ring.count].sequence > sequence
    }

    /// A removal by its number, counted from the oldest one.
    subscript(number: UInt32) -> Item { ring[(next + Int(number)) % ring.count] }

    /// Returns the numbers of the removals above a sequence. O(log capacity + removals found).
    func numbers(after sequence: Arrivals.Sequence) -> [UInt32] {
        let first = (0..<ring.count).partition { self[UInt32(truncatingIfNeeded: $0)].sequence > sequence }
        return (first..<ring.count).map { UInt32(truncatingIfNeeded: $0) }
    }
}
