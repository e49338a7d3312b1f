/// One source's live entries in order of version, which finds all entries above a version.
///
/// A write appends; an entry that is superseded leaves a hole, which costs nothing to make: a slot is live exactly if its key's
/// record still has this source and version. If holes outnumber live slots, the index is swept, so append is O(1) amortised and a
/// search is O(log n). A version that arrives late, below others, has a slot in an order of its own until the next sweep; so
/// versions may come in any order, at O(log n) each.
///
/// Invariants: versions ascend strictly; no version has a slot in both; no late one is the last; `liveCount` slots are live.
struct VersionIndex: ~Copyable {
    /// The contents of a slot, and the position in `versions` at which the search goes on.
    struct Slot {
        let version: Version
        let key: KeyID
        let next: Int
    }

    private var versions = Column<Version>()
    private var keys = Column<KeyID>()
    /// The late slots, under the source 0. Few sources ever have one.
    private var late: DotOrder?
    private(set) var liveCount = 0

    /// Whether entries with greater versions have always arrived later.
    private(set) var arrivesInOrder = true

    /// Changes if positions in `versions` change their meaning.
    private(set) var generation: UInt32 = 0

    var count: Int { versions.count + (late?.count ?? 0) }
    var last: Version { versions.last ?? 0 }

    /// Adds a live slot.
    @_optimize(speed)
    mutating func insert(_ version: Version, _ key: KeyID) {
        liveCount += 1
        if version > last {
            versions.append(version)
            keys.append(key)
            return
        }
        insert(late: version, key)
    }

    @inline(never)
    private mutating func insert(late version: Version, _ key: KeyID) {
        arrivesInOrder = false
        let position = firstPosition(above: version)
        if position > 0, versions[position - 1] == version {
            // The same update again, after it had been superseded by one that is gone.
            keys[position - 1] = key
        } else {
            let order = late ?? DotOrder()
            order.insert(Dot(source: 0, version: version), key)
            late = order
        }
    }

    /// Notes that a live slot has become a hole, and sweeps if holes outnumber live slots. O(1) amortised, and O(log n) for late
    /// slots.
    @_optimize(speed)
    mutating func retire(of source: SourceID, _ table: borrowing KeyTable) {
        liveCount -= 1
        guard count > 2 * liveCount + 32 else { return }
        if late != nil { return sweepLate(of: source, table) }
        var kept = 0
        for position in 0..<versions.count where isLive(keys[position], versions[position], of: source, table) {
            versions[kept] = versions[position]
            keys[kept] = keys[position]
            kept += 1
        }
        versions.truncate(to: kept)
        keys.truncate(to: kept)
        versions.shrink()
        keys.shrink()
        if kept == 0 { arrivesInOrder = true }
        generation &+= 1
    }

    @inline(never)
    private mutating func sweepLate(of source: SourceID, _ table: borrowing KeyTable) {
        var live = Column<Version>()
        var liveKeys = Column<KeyID>()
        var found = nextLive(above: 0, from: 0, of: source, table)
        while let slot = found {
            live.append(slot.version)
            liveKeys.append(slot.key)
            found = nextLive(above: slot.version, from: slot.next, of: source, table)
        }
        if live.isEmpty { arrivesInOrder = true }
        versions = live
        keys = liveKeys
        late = nil
        generation &+= 1
    }

    private func isLive(
        _ key: KeyID, _ version: Version, of source: SourceID, _ table: borrowing KeyTable
    ) -> Bool {
        table.isEntry(of: key, source, version)
    }

    /// Returns the key whose live entry has this version.
    func key(with version: Version, of source: SourceID, _ table: borrowing KeyTable) -> KeyID? {
        // An update in order, as nearly all are, needs no search.
        guard version <= last else { return nil }
        let position = firstPosition(above: version) - 1
        if position >= 0, versions[position] == version {
            return isLive(keys[position], version, of: source, table) ? keys[position] : nil
        }
        guard let key = late?.find(Dot(source: 0, version: version)), isLive(key, version, of: source, table) else {
            return nil
        }
        return key
    }

    /// Returns the first live slot above a version. O(log n + holes passed).
    @inline(never)
    func nextLive(above version: Version, of source: SourceID, _ table: borrowing KeyTable) -> Slot? {
        nextLive(above: version, from: firstPosition(above: version), of: source, table)
    }

    /// Returns the first live slot above a version, if the position of the first version above it is known. O(holes passed), and
    /// O(log n) if there are late slots.
    @inline(never)
    @_optimize(speed)
    func nextLive(
        above version: Version, from position: Int, of source: SourceID, _ table: borrowing KeyTable
    ) -> Slot? {
        var position = position
        while position < versions.count, !isLive(keys[position], versions[position], of: source, table) {
            position += 1
        }
        if let late, let slot = nextLive(late, above: version, before: position, of: source, table) { return slot }
        guard position < versions.count else { return nil }
        return Slot(version: versions[position], key: keys[position], next: position + 1)
    }

    /// Returns the first live slot above a version among the late ones, if it stands before a position.
    @inline(never)
    private func nextLive(
        _ late: DotOrder, above version: Version, before position: Int, of source: SourceID,
        _ table: borrowing KeyTable
    ) -> Slot? {
        var version = version
        while let slot = late.first(from: Dot(source: 0, version: version + 1)),
            position == versions.count || slot.dot.version < versions[position]
        {
            version = slot.dot.version
            if isLive(slot.value, version, of: source, table) {
                return Slot(version: version, key: slot.value, next: position)
            }
        }
        return nil
    }

    /// Counts the live slots above a version. If that has to look at more than `budget` slots, which it lowers by those
    /// that it has looked at, the result may count holes, too; it is never too low. O(log n + slots looked at).
    @inline(never)
    func count(
        above version: Version, of source: SourceID, _ table: borrowing KeyTable, within budget: inout Int
    ) -> Int {
        let slots = count - firstPosition(above: version)
        // Without holes and late slots the slots above the version are the live ones.
        guard version > 0, late != nil || count > liveCount, slots <= budget else { return min(slots, liveCount) }
        budget -= slots
        var live = 0
        var found = nextLive(above: version, of: source, table)
        while let slot = found {
            live += 1
            found = nextLive(above: slot.version, from: slot.next, of: source, table)
        }
        return live
    }

    /// Visits the keys of live entries with versions above `low` and up to `high`. O(log n + slots passed), as `nextLive`.
    func forEachLive(
        above low: Version, upTo high: Version, of source: SourceID, _ table: borrowing KeyTable,
        _ visit: (KeyID, Version) -> Void
    ) {
        if late == nil {
            var position = firstPosition(above: low)
            while position < versions.count, versions[position] <= high {
                if isLive(keys[position], versions[position], of: source, table) {
                    visit(keys[position], versions[position])
                }
                position += 1
            }
            return
        }
        var found = nextLive(above: low, of: source, table)
        while let slot = found, slot.version <= high {
            visit(slot.key, slot.version)
            found = nextLive(above: slot.version, from: slot.next, of: source, table)
        }
    }

    /// Returns the first position in `versions` whose version is above `version`. O(log n).
    private func firstPosition(above version: Version) -> Int {
        versions.partition { $0 > version }
    }
}
