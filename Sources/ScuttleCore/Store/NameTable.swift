/// The names of all known sources: of each the incarnation that is furthest ahead, and whether it is retired.
///
/// Find: O(length of name) expected. Memory: 64 bytes a name, since its bytes stand in its sources.
struct NameTable: ~Copyable {
    struct Entry: BitwiseCopyable {
        /// The incarnation that is furthest ahead; and how many are known in full.
        var furthest: SourceID
        var sources: UInt32 = 1
        /// The number at which the name was last retired, 0 for never; and what has become of that.
        var retirement: Version = 0
        var state: RetirementState = .pending
        /// How many entries of its incarnations are ahead of the vector.
        var outOfOrder: UInt32 = 0
        /// What a replica of this name has last said of the names that are retired: see `Store+Retiring`.
        var statement: Statement = Statement()
        /// How far its furthest incarnation was when that was last looked at, and when that last changed, by the clock of
        /// `retire_after_ms`.
        var seenVersion: Version = 0
        var seenAt: UInt64 = 0
        /// The revision of the vector at which the retirement or the statement last changed.
        var changedAt: UInt64 = 0
    }

    /// A hash over what a replica covers of the retired names, and its number: later ones are higher.
    struct Statement: BitwiseCopyable, Equatable {
        var sequence: UInt64 = 0
        var hash: UInt64 = 0
    }

    private var index = HashIndex()
    private var entries = Column<Entry>()
    private var free = Column<NameID>()

    /// The revision of the vector at which the retirement or the statement of a name last changed.
    var latestChange: UInt64 = 0

    /// Numbers are below this; some are of no name.
    var count: Int { entries.count }

    var ids: Range<NameID> { 0..<NameID(truncatingIfNeeded: entries.count) }

    subscript(name: NameID) -> Entry {
        get { entries[Int(name)] }
        set { entries[Int(name)] = newValue }
    }

    /// Whether a number is one of a name.
    func isName(_ name: NameID) -> Bool { entries[Int(name)].sources > 0 }

    /// The name of a source that is new, made where it is new itself: `matches` compares it with that of a known source.
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

    /// A source of a name is known in full no more; without sources the name goes, too.
    mutating func removeSource(of name: NameID, _ hash: UInt64) {
        entries[Int(name)].sources -= 1
        guard entries[Int(name)].sources == 0 else { return }
        entries[Int(name)] = Entry(furthest: 0, sources: 0)
        index.remove(hash, name)
        free.append(name)
    }

    /// The name with this hash that `matches` knows by one of its sources.
    func find(_ hash: UInt64, where matches: (SourceID) -> Bool) -> NameID? {
        index.find(hash) { matches(entries[Int($0)].furthest) }
    }
}
