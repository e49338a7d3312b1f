/// One source's live entries in order of version: what answers "all of this source above version v".
///
/// A write appends; an entry that is superseded leaves a hole, which costs nothing to make: a slot is live exactly where
/// its key's record still has this source and version. When holes outnumber live slots the index is swept, so append is
/// O(1) amortised and a search is O(log n). What arrives ahead of a gap, and the rest later, is inserted: O(slots above).
///
/// Invariants: versions ascend strictly; `liveCount` slots are live.
struct VersionIndex: ~Copyable {
    private var versions = Column<Version>()
    private var keys = Column<KeyID>()
    private(set) var liveCount = 0

    /// Whether entries with greater versions have always arrived later.
    private(set) var arrivesInOrder = true

    /// Changes whenever positions change their meaning.
    private(set) var generation: UInt32 = 0

    var count: Int { versions.count }
    var last: Version { versions.last ?? 0 }

    func version(at position: Int) -> Version { versions[position] }
    func key(at position: Int) -> KeyID { keys[position] }

    /// Adds a live slot.
    @_optimize(speed)
    mutating func insert(_ version: Version, _ key: KeyID) {
        liveCount += 1
        if version > last {
            versions.append(version)
            keys.append(key)
            return
        }
        arrivesInOrder = false
        let position = firstPosition(above: version)
        if position > 0, versions[position - 1] == version {
            // The same update again, after it had been superseded by one that is gone.
            keys[position - 1] = key
        } else {
            versions.insert(version, at: position)
            keys.insert(key, at: position)
            generation &+= 1
        }
    }

    /// Notes that a live slot has become a hole, and sweeps where holes outnumber the living. Amortised O(1).
    @_optimize(speed)
    mutating func retire(of source: SourceID, _ table: borrowing KeyTable) {
        liveCount -= 1
        guard versions.count > 2 * liveCount + 32 else { return }
        var kept = 0
        for position in 0..<versions.count where isLive(position, of: source, table) {
            versions[kept] = versions[position]
            keys[kept] = keys[position]
            kept += 1
        }
        versions.truncate(to: kept)
        keys.truncate(to: kept)
        if kept == 0 { arrivesInOrder = true }
        generation &+= 1
    }

    func isLive(_ position: Int, of source: SourceID, _ table: borrowing KeyTable) -> Bool {
        table.isEntry(of: keys[position], source, versions[position])
    }

    /// The key whose live entry has this version.
    func key(with version: Version, of source: SourceID, _ table: borrowing KeyTable) -> KeyID? {
        // LogDelta in order, which is nearly all: no search.
        guard version <= last else { return nil }
        let position = firstPosition(above: version) - 1
        guard position >= 0, versions[position] == version, isLive(position, of: source, table) else { return nil }
        return keys[position]
    }

    /// The first live slot at or behind `position`. O(holes passed).
    @_optimize(speed)
    func nextLive(from position: Int, of source: SourceID, _ table: borrowing KeyTable) -> Int? {
        var position = position
        while position < versions.count {
            if isLive(position, of: source, table) { return position }
            position += 1
        }
        return nil
    }

    /// Visits the keys of live entries with versions above `low` and up to `high`. O(log n + slots passed).
    func forEachLive(
        above low: Version, upTo high: Version, of source: SourceID, _ table: borrowing KeyTable,
        _ visit: (KeyID, Version) -> Void
    ) {
        var position = firstPosition(above: low)
        while let found = nextLive(from: position, of: source, table), versions[found] <= high {
            visit(keys[found], versions[found])
            position = found + 1
        }
    }

    /// The first position whose version is above `version`. O(log n).
    func firstPosition(above version: Version) -> Int {
        versions.partition { $0 > version }
    }
}
