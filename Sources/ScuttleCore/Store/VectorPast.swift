/// What the version vector was, and what of it has changed since.
///
/// A *base* is one more than a revision of the vector that somebody relies on; 0 is none. While nobody does, nothing is kept.
/// Otherwise the first change of a source behind the newest base puts the old value into a log, in which the entries of one
/// source are chained from the newest back. So what a source was at a base is what the first change behind it has replaced.
/// Whoever relies on a base costs nothing. `Store.shortenPast` drops what is older than all of them.
///
/// Besides, each block of 64 sources has the revision of its latest change, so that a walk over all sources passes by those that
/// have not changed; and the number of its entries that are out of order, which a peer may lack although it has covered the same.
/// Each district of 4,096 has the revision of its latest entry in the log, which tells as much of a base.
///
/// Change: O(1). Look up: O(1) for a source that has not changed, O(bases
/// behind the one in question) at most. Memory: 24 bytes an entry, and 12 for 64 sources.
struct VectorPast: ~Copyable {
    private struct Entry: BitwiseCopyable {
        /// Up to where the source was covered before the change with this revision.
        let covered: Version
        let revision: UInt64
        /// `.max`: it has ended, and its number may be another's.
        var source: SourceID
        /// The number of the entry of the same source before, counted from 1; 0: there is none.
        var previous: UInt32
    }

    private var log = Column<Entry>()
    private var blocks = Column<UInt64>()
    private var districts = Column<UInt64>()
    private var outOfOrder = Column<UInt32>()
    /// Changes of sources that have last changed before this base go into the log.
    private(set) var newestBase: UInt64 = 0

    var count: Int { log.count }

    /// Somebody relies on the vector as it is.
    mutating func keep(from revision: UInt64) -> UInt64 {
        newestBase = revision &+ 1
        return newestBase
    }

    /// There is a source of this number.
    mutating func makeRoom(for source: SourceID) {
        while blocks.count <= Int(source) >> 6 {
            blocks.append(0)
            outOfOrder.append(0)
        }
        while districts.count <= Int(source) >> 12 { districts.append(0) }
    }

    /// One more of a source's entries is out of order, or one less.
    mutating func noteOutOfOrder(_ source: SourceID, _ change: Int) {
        outOfOrder[Int(source) >> 6] &+= UInt32(truncatingIfNeeded: change)
    }

    @inline(__always)
    mutating func note(_ source: SourceID, at revision: UInt64) { blocks[Int(source) >> 6] = revision }

    /// A source is about to change for the first time since the newest base.
    @inline(never)
    mutating func enter(_ source: Source, at revision: UInt64) {
        log.append(
            Entry(
                covered: source.covered, revision: revision, source: source.number, previous: source.latestPast))
        source.latestPast = UInt32(truncatingIfNeeded: log.count)
        districts[Int(source.number) >> 12] = revision
    }

    /// Up to where a source was covered that has changed since.
    @inline(never)
    func covered(_ source: Source, at base: UInt64) -> Version {
        var covered = source.covered
        var number = source.latestPast
        while number > 0 {
            let entry = log[Int(number) - 1]
            guard entry.revision >= base else { break }
            covered = entry.covered
            number = entry.previous
        }
        return covered
    }

    /// A source ends: what it was counts no more.
    mutating func drop(_ source: Source) {
        var number = source.latestPast
        while number > 0 {
            log[Int(number) - 1].source = .max
            number = log[Int(number) - 1].previous
        }
    }

    /// Whether a block has changed since a revision, this one included, or has entries out of order.
    @inline(__always)
    func hasChanged(block: Int, since revision: UInt64) -> Bool { blocks[block] >= revision || outOfOrder[block] > 0 }
    /// Whether a district has changed since a base that somebody relies on.
    @inline(__always)
    func hasChanged(district: Int, since base: UInt64) -> Bool { districts[district] >= base }

    /// The revision of the entry in the middle of the log.
    var middle: UInt64 { log[log.count / 2].revision }

    /// Drops what no base needs from a base on. `max`: nobody relies on anything. O(log).
    mutating func shorten(to base: UInt64, in sources: borrowing SourceTable) {
        var old = Column<Entry>()
        swap(&old, &log)
        if base == .max { newestBase = 0 }
        for position in 0..<old.count where old[position].source != .max {
            sources[old[position].source].latestPast = 0
        }
        for position in 0..<old.count where old[position].source != .max && old[position].revision >= base {
            var entry = old[position]
            let source = sources[entry.source]
            entry.previous = source.latestPast
            log.append(entry)
            source.latestPast = UInt32(truncatingIfNeeded: log.count)
        }
    }
}
