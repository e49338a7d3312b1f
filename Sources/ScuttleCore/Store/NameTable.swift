/// The names of all known sources: of each name the incarnation that is furthest ahead, and the name's retirement.
///
/// Find: O(length of name) expected. Memory: 64 bytes a name, because its bytes stand in its sources.
struct NameTable: ~Copyable {
    struct Entry: BitwiseCopyable {
        /// The incarnation that is furthest ahead, and the number of incarnations that are known in full.
        var furthest: SourceID
        var sources: UInt32 = 1
        /// The number at which the name was last retired, 0 for never, and the state of that retirement.
        var retirement: Version = 0
        var state: RetirementState = .pending
        /// The number of entries of its incarnations that are out of order.
        var outOfOrder: UInt32 = 0
        /// The latest statement of a replica of this name about the retired names: see `Store+Retiring`.
        var statement: Statement = Statement()
        /// The version of its furthest incarnation at the latest look, and the time of the latest look at which that version had
        /// risen: see `Store.silenceClock`.
        var seenVersion: Version = 0
        var seenAt: UInt64 = 0
        /// The revision of the vector at which the retirement or the statement last changed.
        var changedAt: UInt64 = 0
    }

    /// A hash over the retired names that a replica covers, and the statement's sequence: a later statement has a higher one.
    struct Statement: BitwiseCopyable, Equatable {
        var sequence: UInt64 = 0
        var hash: UInt64 = 0
    }

    private var index = HashIndex()
    private var entries = Column<Entry>()
    private var free = Column<NameID>()

    /// The revision of the vector at which the retirement or the statement of a name last changed.
    var latestChange: UInt64 = 0

    /// The end of the ids, some of which belong to no name.
    var count: Int { entries.count }

    var ids: Range<NameID> { 0..<NameID(truncatingIfNeeded: entries.count) }

    subscript(name: NameID) -> Entry {
        get { entries[Int(name)] }
        set { entries[Int(name)] = newValue }
    }

    /// Returns whether an id belongs to a name.
    func isName(_ name: NameID) -> Bool { entries[Int(name)].sources > 0 }

    /// Returns the name of a new source, which is added if it is new itself. `matches` compares the name with that of a known
    /// source.
    mutating func insert(_ hash: UInt64, _ source: SourceID, where matches: (SourceID) -> Bool) -> NameID {
        if let known = find(hash, where: matches) {
            entries[Int(known)].sources += 1
            return known
        }
        let id: NameID
        if let reused = free.popLast() {
            id = reused
            entries[Int(reused)] = Entry(furthest: source)
        } else {
            id = NameID(truncatingIfNeeded: entries.count)
            entries.append(Entry(furthest: source))
        }
        index.insert(hash, id)
        return id
    }

    /// Removes a source of a name, and the name if this was its last source.
    mutating func removeSource(of name: NameID, _ hash: UInt64) {
        entries[Int(name)].sources -= 1
        guard entries[Int(name)].sources == 0 else { return }
        entries[Int(name)] = Entry(furthest: 0, sources: 0)
        index.remove(hash, name)
        free.append(name)
    }

    /// Returns the name with this hash one of whose sources `matches` accepts.
    func find(_ hash: UInt64, where matches: (SourceID) -> Bool) -> NameID? {
        index.find(hash) { matches(entries[Int($0)].furthest) }
    }
}
