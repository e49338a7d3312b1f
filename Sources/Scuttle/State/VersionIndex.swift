/// One source's live entries in order of version: what answers "all of this source above version v".
///
/// A write appends; an entry that is superseded leaves a hole, which costs nothing to make: a slot is live exactly where
/// its key's record still has this source and version. When holes outnumber live slots the index is swept, so append is
/// O(1) amortised and a search is O(log n).
///
/// Invariants: versions ascend strictly; `liveCount` slots are live.
struct VersionIndex {
    private var versions: [Version] = []
    private var keys: [KeyID] = []
    private(set) var liveCount = 0

    /// Changes whenever positions change their meaning.
    private(set) var generation: UInt32 = 0

    var count: Int { versions.count }
    var last: Version { versions.last ?? 0 }

    func version(at position: Int) -> Version { versions[position] }
    func key(at position: Int) -> KeyID { keys[position] }

    var wantsSweep: Bool { versions.count > 2 * liveCount + 32 }

    /// Appends a live slot; `version` is above all that are here.
    mutating func append(_ version: Version, _ key: KeyID) {
        versions.append(version)
        keys.append(key)
        liveCount += 1
    }

    /// Notes that a live slot has become a hole.
    mutating func retire() {
        liveCount -= 1
    }

    /// Drops the holes. O(n).
    mutating func sweep(of source: SourceID, _ table: borrowing KeyTable) {
        var kept = 0
        for position in versions.indices where isLive(position, of: source, table) {
            versions[kept] = versions[position]
            keys[kept] = keys[position]
            kept += 1
        }
        versions.removeLast(versions.count - kept)
        keys.removeLast(keys.count - kept)
        generation &+= 1
    }

    func isLive(_ position: Int, of source: SourceID, _ table: borrowing KeyTable) -> Bool {
        table.isEntry(of: keys[position], source, versions[position])
    }

    /// The first live slot at or behind `position`. O(holes passed).
    func nextLive(from position: Int, of source: SourceID, _ table: borrowing KeyTable) -> Int? {
        var position = position
        while position < versions.count {
            if isLive(position, of: source, table) { return position }
            position += 1
        }
        return nil
    }

    /// The first position whose version is above `version`. O(log n).
    func firstPosition(above version: Version) -> Int {
        var low = 0
        var high = versions.count
        while low < high {
            let middle = low + (high - low) / 2
            if versions[middle] > version { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
