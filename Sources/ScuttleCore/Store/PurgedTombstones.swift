/// The tombstones that were forgotten last, with the GC epoch before which each was: a reset that goes on on another link names
/// them first, since the peer may have been sent them.
///
/// Owns a reference to each record. Memory: `capacity` records. Append: O(1).
struct PurgedTombstones: ~Copyable {
    private var ring: [(epoch: UInt64, record: Record)] = []
    private var next = 0
    private let capacity: Int
    /// Of what was forgotten before this GC epoch not all is known.
    private(set) var floor: UInt64 = 0
    /// At this GC epoch a reset took entries away: nothing goes on across it.
    private(set) var resetEpoch: UInt64 = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    deinit {
        for item in ring { item.record.release() }
    }

    /// A tombstone is forgotten, and with it this GC epoch ends.
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

    /// Lets go of all, at a GC epoch.
    mutating func clear(at epoch: UInt64) {
        guard !ring.isEmpty else { return }
        for item in ring { item.record.release() }
        (ring, next) = ([], 0)
        floor = max(floor, epoch)
    }

    mutating func noteReset(at epoch: UInt64) {
        resetEpoch = epoch
    }

    /// Whether a delta whose progress is told under a GC epoch can go on.
    func reaches(_ epoch: UInt64, _ mode: DeltaMode) -> Bool {
        epoch >= resetEpoch && (mode != .reset || epoch >= floor)
    }

    /// Those that were forgotten at or after a GC epoch, oldest first. O(capacity).
    func since(_ epoch: UInt64) -> [Record] {
        var found: [Record] = []
        for offset in ring.indices {
            let item = ring[(next + offset) % ring.count]
            if item.epoch >= epoch { found.append(item.record) }
        }
        return found
    }
}
