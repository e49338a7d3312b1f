/// A name's place in the name table.
typealias NameID = UInt32

/// The names of all known sources, each with the incarnation of it that is furthest ahead.
///
/// Find: O(length of name) expected. Memory: some 32 bytes a name, since its bytes stand in its sources.
struct NameTable: ~Copyable {
    private var index = HashIndex()
    private var furthest = Column<SourceID>()

    var count: Int { furthest.count }

    /// The name of a source that is new; made where it is new itself.
    /// - Parameter name: of a name that is known, its bytes.
    mutating func insert(_ hash: UInt64, where matches: (SourceID) -> Bool, source: SourceID) -> NameID {
        if let known = index.find(hash, where: { matches(furthest[Int($0)]) }) { return known }
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
