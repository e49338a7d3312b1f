/// All sources that this replica knows; the first is itself. The clock is their `covered` versions. Owns what a `Source`
/// names.
struct SourceTable: ~Copyable {
    private var index = HashIndex()
    private var sources: [Source] = []
    private(set) var names = NameTable()
    private let hash: SipHash
    /// The one that was looked up last: updates of one source come in runs.
    private var recent: SourceID = 0

    /// The replica itself.
    static var own: SourceID { 0 }

    init(own id: Bytes, hash: SipHash) {
        self.hash = hash
        _ = insert(id)
    }

    deinit {
        for source in sources { source.deallocate() }
    }

    var count: Int { sources.count }

    /// All of them, in the order in which they were first heard of.
    var ids: Range<SourceID> { 0..<SourceID(truncatingIfNeeded: sources.count) }

    subscript(id: SourceID) -> Source {
        sources[Int(id)]
    }

    /// O(length of id) expected.
    func find(_ id: Bytes) -> SourceID? {
        index.find(hash.hash(id)) { sources[Int($0)].id.equals(id) }
    }

    /// The same, and O(length of id) without a hash where it is the one that was looked up last.
    mutating func recall(_ id: Bytes) -> SourceID? {
        if sources[Int(recent)].id.equals(id) { return recent }
        guard let found = find(id) else { return nil }
        recent = found
        return found
    }

    /// Adds a source that is not there yet.
    mutating func insert(_ id: Bytes) -> SourceID {
        let number = SourceID(truncatingIfNeeded: sources.count)
        index.insert(hash.hash(id), number)
        let name = id.nameOfSource
        let sources = self.sources
        let nameID = names.insert(hash.hash(name), number) { sources[Int($0)].id.nameOfSource.equals(name) }
        let source = Source(id: id, number: number, name: nameID)
        source.isFurthest = names[nameID] == number
        self.sources.append(source)
        return number
    }

    /// A source that was not the furthest of its name has risen. Of the incarnations of one name only the one that is furthest
    /// ahead counts as alive, and any that moves on though a further one is known.
    mutating func noteRise(of source: Source, from old: Version) {
        let furthest = self[names[source.name]]
        if furthest.covered > source.covered || (old > 0 && furthest.covered > old) { source.hasMovedOn = true }
        guard source.covered > furthest.covered else { return }
        furthest.isFurthest = false
        source.isFurthest = true
        names[source.name] = source.number
    }

    /// The ids that `SourceID` numbers, in the byte order of source ids. O(n log n).
    func inOrder() -> [SourceID] {
        let sources = self.sources
        return ids.sorted { sources[Int($0)].id.precedes(sources[Int($1)].id) }
    }
}
