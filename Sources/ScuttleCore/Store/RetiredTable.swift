/// Ended incarnations that hold no entry: of each its hash, the version up to which it is covered, whether a tombstone of it was
/// forgotten (then a peer that has covered less may have missed it), and whether its name is retired for good (otherwise it ended
/// since a further incarnation came).
///
/// Entries stand in the order in which they were retired, so that a peer hears of each once; an open-addressed index of
/// positions finds them by hash. One that goes leaves a hole, which the next sweep takes away. Find: O(1) expected; insert:
/// O(1) amortised. Memory: 24 bytes and an index of some 6 each.
struct RetiredTable: ~Copyable {
    struct Entry: BitwiseCopyable {
        let low: UInt64
        let high: UInt64
        /// The version, and in the highest bits whether something was purged, and whether its name will not be back; 0: a hole.
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

    /// A secret: peers choose hashes, and must not choose where they stand.
    private let key: UInt64
    private var entries = Column<Entry>()
    /// Positions plus one, 0 where there is none.
    private var slots = Column<UInt32>()
    private(set) var liveCount = 0
    private var holes = 0

    /// Changes when positions change their meaning.
    private(set) var generation: UInt32 = 0
    /// The highest version of an entry that was dropped since there were too many: at or below it none is kept.
    private(set) var floor: Version = 0
    /// Of all entries, as one number.
    private(set) var sum: UInt64 = 0

    /// Of no entry from this position on something was purged.
    private(set) var endOfPurged = 0

    /// From which revision of the vector on the entries from a position on are.
    private var checkpoints: [(revision: UInt64, position: Int)] = []
    private static var maxCheckpoints: Int { 64 }

    init(key: UInt64) {
        self.key = key
    }

    /// Positions are below this; some are holes.
    var count: Int { entries.count }

    subscript(position: Int) -> Entry { entries[position] }

    /// All of them as two numbers.
    var whole: RetiredSum { RetiredSum(count: UInt64(liveCount), sum: sum) }

    func find(_ hash: SourceHash) -> Int? {
        guard slots.count > 0 else { return nil }
        var place = home(of: hash)
        while slots[place] != 0 {
            let position = Int(slots[place]) - 1
            let entry = entries[position]
            if entry.low == hash.low, entry.high == hash.high, !entry.isHole { return position }
            place = place + 1 == slots.count ? 0 : place + 1
        }
        return nil
    }

    /// Adds an entry that is not there, at a revision of the vector.
    mutating func insert(_ entry: Entry, at revision: UInt64) {
        if (entries.count + 1) * 10 > slots.count * 9 { rebuild() }
        if checkpoints.last.map({ $0.revision < revision }) ?? true {
            if checkpoints.count == Self.maxCheckpoints {
                // Two become one, from the position of the first: then a peer may hear of some twice.
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
        place(entries.count - 1)
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

    /// Where the entries begin that a peer which knows the vector as of a revision may not know.
    func firstPosition(since revision: UInt64) -> Int {
        guard revision > 0 else { return 0 }
        // A checkpoint stands for all revisions behind the one before it.
        let later = checkpoints.indices.partition { checkpoints[$0].revision > revision }
        return later < checkpoints.count ? checkpoints[later].position : entries.count
    }

    /// Drops entries until there are at most so many, lowest version first, and some more, so that it is seldom needed; those
    /// that go are handed to `visit`. O(n) for each of the 53 bits of a version.
    mutating func shrink(to most: Int, at revision: UInt64, _ visit: (Entry) -> Void) {
        guard liveCount > most else { return }
        let surplus = min(liveCount, liveCount - most + most / 16)
        // The lowest version at or below which there are so many.
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

    /// Drops the entries up to a version, here or elsewhere.
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

    /// Takes holes away where they are many.
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
        for position in 0..<entries.count where !entries[position].isHole { place(position) }
    }

    private mutating func place(_ position: Int) {
        var place = home(of: entries[position].hash)
        while slots[place] != 0 { place = place + 1 == slots.count ? 0 : place + 1 }
        slots[place] = UInt32(truncatingIfNeeded: position + 1)
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
