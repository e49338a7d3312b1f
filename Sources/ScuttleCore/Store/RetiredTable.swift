/// The ended sources without entries. Of each it has the hash; the version up to which it is covered; whether a tombstone of it
/// was purged, so that a peer that covers less may have missed the tombstone; and whether its name is retired for good, or has a
/// later incarnation.
///
/// Entries stand in the order in which they were retired, so that a peer learns of each once; an open-addressed index of
/// positions finds them by hash. A removed entry leaves a hole until the next sweep. Find: O(1) expected; insert: O(1) amortised.
/// Memory: 24 bytes an entry, and some 6 of its index.
struct RetiredTable: ~Copyable {
    struct Entry: BitwiseCopyable {
        let low: UInt64
        let high: UInt64
        /// The version, and in the two highest bits `isPurged` and `isFinal`; 0: a hole.
        let packed: UInt64

        init(hash: SourceHash, version: Version, isPurged: Bool, isFinal: Bool) {
            (low, high) = (hash.low, hash.high)
            packed = version | (isPurged ? 1 << 63 : 0) | (isFinal ? 1 << 62 : 0)
        }

        var isFinal: Bool { packed >> 62 & 1 == 1 }

        var hash: SourceHash { SourceHash(low: low, high: high) }
        var version: Version { packed & .highest }
        var purged: Version { packed >> 63 == 1 ? version : 0 }
        var isHole: Bool { packed == 0 }
    }

    /// A secret, because peers choose hashes, and must not choose their slots.
    private let key: UInt64
    private var entries = Column<Entry>()
    /// The positions plus one; 0 is an empty slot.
    private var slots = Column<UInt32>()
    private(set) var liveCount = 0
    private var holes = 0

    /// Changes if positions change their meaning.
    private(set) var generation: UInt32 = 0
    /// The highest version of an entry that was dropped to shorten the table: no entry at or below it is kept.
    private(set) var floor: Version = 0
    /// A hash over all entries.
    private(set) var sum: UInt64 = 0

    /// No entry from this position on has a purged tombstone.
    private(set) var endOfPurged = 0

    /// The revisions of the vector at which entries were inserted, and the positions of the first.
    private var checkpoints: [(revision: UInt64, position: Int)] = []
    private static var maxCheckpoints: Int { 64 }

    init(key: UInt64) {
        self.key = key
    }

    /// The end of the positions, some of which are holes.
    var count: Int { entries.count }

    subscript(position: Int) -> Entry { entries[position] }

    /// The count and the hash of all entries.
    var whole: RetiredSum { RetiredSum(count: UInt64(liveCount), sum: sum) }

    func find(_ hash: SourceHash) -> Int? {
        guard slots.count > 0 else { return nil }
        var slot = home(of: hash)
        while slots[slot] != 0 {
            let position = Int(slots[slot]) - 1
            let entry = entries[position]
            if entry.low == hash.low, entry.high == hash.high, !entry.isHole { return position }
            slot = slot + 1 == slots.count ? 0 : slot + 1
        }
        return nil
    }

    /// Inserts an entry whose hash is not present, at a revision of the vector.
    mutating func insert(_ entry: Entry, at revision: UInt64) {
        if (entries.count + 1) * 10 > slots.count * 9 { rebuild() }
        if checkpoints.last.map({ $0.revision < revision }) ?? true {
            if checkpoints.count == Self.maxCheckpoints {
                // Two become one, from the position of the first. So a peer may receive some entries twice.
                var kept: [(revision: UInt64, position: Int)] = []
                for index in stride(from: 0, to: checkpoints.count, by: 2) {
                    let second = min(index + 1, checkpoints.count - 1)
                    kept.append((checkpoints[second].revision, checkpoints[index].position))
                }
                checkpoints = kept
            }
            checkpoints.append((revision, entries.count))
        }
        entries.appendFrugally(entry)
        fill(entries.count - 1)
        if entry.purged > 0 { endOfPurged = entries.count }
        liveCount += 1
        sum &+= Self.mix(entry)
    }

    mutating func remove(at position: Int) {
        let entry = entries[position]
        guard !entry.isHole else { return }
        sum &-= Self.mix(entry)
        entries[position] = Entry(hash: entry.hash, version: 0, isPurged: false, isFinal: false)
        liveCount -= 1
        holes += 1
    }

    /// Returns the position from which on a peer that knows the vector of a revision may lack entries.
    func firstPosition(since revision: UInt64) -> Int {
        guard revision > 0 else { return 0 }
        // A checkpoint stands for all revisions behind the one before it.
        let later = checkpoints.indices.partition { checkpoints[$0].revision > revision }
        return later < checkpoints.count ? checkpoints[later].position : entries.count
    }

    /// Drops the entries with the lowest versions until at most `most` remain, and a sixteenth of `most` beside, so that the next
    /// call is far off. `visit` receives the dropped entries. O(n) for each of the 53 bits of a version.
    mutating func shrink(to most: Int, at revision: UInt64, _ visit: (Entry) -> Void) {
        guard liveCount > most else { return }
        let surplus = min(liveCount, liveCount - most + most / 16)
        // Search for the lowest version at or below which there are so many entries.
        var (low, high): (Version, Version) = (0, .highest)
        while low < high {
            let middle = low + (high - low) / 2
            if count(upTo: middle) >= surplus { high = middle } else { low = middle + 1 }
        }
        raiseFloor(to: low, at: revision, visit)
    }

    private func count(upTo version: Version) -> Int {
        var count = 0
        for position in 0..<entries.count where !entries[position].isHole && entries[position].version <= version {
            count += 1
        }
        return count
    }

    /// Drops the entries up to a version, because another replica has dropped them, or this one does.
    mutating func raiseFloor(to version: Version, at revision: UInt64, _ visit: (Entry) -> Void) {
        guard version > floor else { return }
        floor = version
        for position in 0..<entries.count {
            let entry = entries[position]
            guard !entry.isHole, entry.version <= version else { continue }
            visit(entry)
            remove(at: position)
        }
        sweep(at: revision)
    }

    /// Removes the holes if they are many.
    mutating func sweepIfNeeded(at revision: UInt64) {
        if holes > liveCount / 4 + 64 { sweep(at: revision) }
    }

    private mutating func sweep(at revision: UInt64) {
        var kept = 0
        endOfPurged = 0
        for position in 0..<entries.count where !entries[position].isHole {
            entries[kept] = entries[position]
            kept += 1
            if entries[kept - 1].purged > 0 { endOfPurged = kept }
        }
        entries.truncate(to: kept)
        holes = 0
        checkpoints = kept > 0 ? [(revision, 0)] : []
        generation &+= 1
        rebuild()
    }

    private mutating func rebuild() {
        let wanted = max(16, (entries.count + 1) * 3 / 2)
        slots.clear()
        slots.fill(0, count: wanted)
        for position in 0..<entries.count where !entries[position].isHole { fill(position) }
    }

    private mutating func fill(_ position: Int) {
        var slot = home(of: entries[position].hash)
        while slots[slot] != 0 { slot = slot + 1 == slots.count ? 0 : slot + 1 }
        slots[slot] = UInt32(truncatingIfNeeded: position + 1)
    }

    private func home(of hash: SourceHash) -> Int {
        let mixed = FoldHash.fold(hash.high ^ key, hash.low ^ FoldHash.key.1) >> 32
        return Int(truncatingIfNeeded: (mixed &* UInt64(truncatingIfNeeded: slots.count)) >> 32)
    }

    private static func mix(_ entry: Entry) -> UInt64 {
        FoldHash.fold(entry.low ^ FoldHash.key.0, entry.packed & ~(1 << 62) ^ entry.high)
    }
}

extension RetiredClaim {
    init(_ entry: RetiredTable.Entry) {
        self.init(hash: entry.hash, version: entry.version, isPurged: entry.purged > 0, isFinal: entry.isFinal)
    }
}
