/// The past of the version vector: its former entries, and the revisions of their changes.
///
/// A *base* is one more than a revision of the vector that a link or a remembered peer relies on; 0 is none. While there is no
/// base, nothing is kept. Otherwise the first change of a source after the newest base appends the old version to a log, in which
/// the entries of one source are chained from the newest back. So a source's version at a base is the one that the first change
/// after the base has replaced. A base itself costs nothing. `Store.shortenPast` drops the entries that are older than all bases.
///
/// Besides, each block of 64 sources has the revision of its latest change, so that a walk over all sources skips the blocks
/// without a change. It also has the number of its entries that are out of order, which a peer may lack although its vector is
/// equal. Each district of 4,096 sources has the revision of its latest entry in the log, which says the same of bases.
///
/// Change: O(1). Look up: O(1) for a source that has not changed, at most O(later bases) otherwise. Memory: 24 bytes an entry,
/// and 12 for 64 sources.
struct VectorPast: ~Copyable {
    private struct Entry: BitwiseCopyable {
        /// The version up to which the source was covered before the change of this revision.
        let covered: Version
        let revision: UInt64
        /// The source; `.max`: it has ended, and its id may be another's.
        var source: SourceID
        /// The number of the previous entry of the source, counted from 1; 0: none.
        var previous: UInt32
    }

    private var log = Column<Entry>()
    private var blocks = Column<UInt64>()
    private var districts = Column<UInt64>()
    private var outOfOrder = Column<UInt32>()
    /// The newest base. A change of a source enters the log if the source has not changed since.
    private(set) var newestBase: UInt64 = 0

    var count: Int { log.count }

    /// Returns a base for the vector at a revision, which is the present one.
    mutating func keep(from revision: UInt64) -> UInt64 {
        newestBase = revision &+ 1
        return newestBase
    }

    /// Makes room for a source.
    mutating func makeRoom(for source: SourceID) {
        while blocks.count <= Int(source) >> 6 {
            blocks.append(0)
            outOfOrder.append(0)
        }
        while districts.count <= Int(source) >> 12 { districts.append(0) }
    }

    /// Changes the number of a source's entries that are out of order.
    mutating func noteOutOfOrder(_ source: SourceID, _ change: Int) {
        outOfOrder[Int(source) >> 6] &+= UInt32(truncatingIfNeeded: change)
    }

    @inline(__always)
    mutating func note(_ source: SourceID, at revision: UInt64) { blocks[Int(source) >> 6] = revision }

    /// Appends the old version of a source that is about to change for the first time since the newest base.
    @inline(never)
    mutating func enter(_ source: Source, at revision: UInt64) {
        log.append(
            Entry(
                covered: source.covered, revision: revision, source: source.index, previous: source.latestPast))
        source.latestPast = UInt32(truncatingIfNeeded: log.count)
        districts[Int(source.index) >> 12] = revision
    }

    /// Returns the version up to which a source was covered at a base, after which it has changed.
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

    /// Drops the entries of a source that ends.
    mutating func drop(_ source: Source) {
        var number = source.latestPast
        while number > 0 {
            log[Int(number) - 1].source = .max
            number = log[Int(number) - 1].previous
        }
    }

    /// Returns whether a block has changed at or after a revision, or has entries that are out of order.
    @inline(__always)
    func hasChanged(block: Int, since revision: UInt64) -> Bool { blocks[block] >= revision || outOfOrder[block] > 0 }
    /// Whether a district has changed since a base that somebody relies on.
    @inline(__always)
    func hasChanged(district: Int, since base: UInt64) -> Bool { districts[district] >= base }

    /// The revision of the entry in the middle of the log.
    var middle: UInt64 { log[log.count / 2].revision }

    /// Drops the entries that no base from `base` on needs; `max`: there is no base. O(log).
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
