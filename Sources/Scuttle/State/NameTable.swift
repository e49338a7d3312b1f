/// A name's place in the name table.
typealias NameID = UInt32

/// The names of all known sources, each with the incarnation of it that is furthest ahead.
///
/// Find: O(length of name) expected. Memory: some 32 bytes a name, since its bytes stand in its sources.
struct NameTable: ~Copyable {
    private var index = HashIndex()
    private var furthest = Column<SourceID>()

    var count: Int { furthest.count }

    /// The name of a source that is new, made where it is new itself: `matches` compares it with that of a known source.
    mutating func insert(_ hash: UInt64, _ source: SourceID, where matches: (SourceID) -> Bool) -> NameID {
        if let known = find(hash, where: matches) { return known }
        let id = NameID(truncatingIfNeeded: furthest.count)
        index.insert(hash, id)
        furthest.append(source)
        return id
    }

    /// The name with this hash that `matches` knows by one of its sources.
    func find(_ hash: UInt64, where matches: (SourceID) -> Bool) -> NameID? {
        index.find(hash) { matches(furthest[Int($0)]) }
    }

    /// The incarnation of a name that is furthest ahead.
    subscript(name: NameID) -> SourceID {
        get { furthest[Int(name)] }
        set { furthest[Int(name)] = newValue }
    }
}
