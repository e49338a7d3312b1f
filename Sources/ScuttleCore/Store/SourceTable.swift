/// All sources that this replica knows in full; the first is itself. The version vector is their `covered` versions, and the
/// entries of the `RetiredTable`. Owns what a `Source` names.
///
/// The number of a source that is removed stays empty until nothing names it any more, and is then given out again.
struct SourceTable: ~Copyable {
    private var index = HashIndex()
    private var sources: [Source] = []
    private let hash: SipHash
    /// The one that was looked up last: updates of one source come in runs.
    private var recent: SourceID = 0
    /// What only the coming and going of sources changes.
    private let directory = SourceDirectory()
    /// What stands in the place of one that was removed: nothing is known of it.
    private let vacant: Source
    /// What the encoding of messages keeps of an id.
    private let encodeID: (Bytes) -> OwnedBytes

    /// The replica itself.
    static var own: SourceID { 0 }

    /// - Parameter encodeID: makes the `encodedID` of a source.
    init(own id: Bytes, hash: SipHash, encodeID: @escaping (Bytes) -> OwnedBytes) {
        (self.hash, self.encodeID) = (hash, encodeID)
        vacant = Source(id: Bytes("?"), encodedID: encodeID(Bytes("?")), number: .max, name: .max)
        _ = insert(id)
    }

    deinit {
        for source in sources where source.number != .max { source.deallocate() }
        vacant.deallocate()
    }

    /// Numbers are below this.
    var count: Int { sources.count }
    /// How many sources there are; and how many numbers nothing may be given yet.
    var liveCount: Int { sources.count - directory.limbo.count - directory.free.count }
    var limboCount: Int { directory.limbo.count }

    /// The names of all sources.
    var names: NameTable {
        _read { yield directory.names }
        nonmutating _modify { yield &directory.names }
    }

    /// Where a source stands in tables by id.
    func hash(of id: Bytes) -> UInt64 { hash.hash(id) }

    /// All numbers, some of them vacant: of those nothing is covered.
    var ids: Range<SourceID> { 0..<SourceID(truncatingIfNeeded: sources.count) }

    subscript(id: SourceID) -> Source {
        sources[Int(id)]
    }

    /// O(length of id) expected.
    func find(_ id: Bytes) -> SourceID? {
        index.find(hash.hash(id)) { sources[Int($0)].id.equals(id) }
    }

    /// The same, and O(length of id) without a hash where it is the one that was looked up last.
    @inline(__always)
    mutating func recall(_ id: Bytes) -> SourceID? {
        if sources[Int(recent)].id.equals(id) { return recent }
        guard let found = find(id) else { return nil }
        recent = found
        return found
    }

    /// The source with a hash. O(1) expected.
    func find(_ wanted: SourceHash) -> SourceID? {
        directory.hashIndex.find(keyed(wanted)) { sources[Int($0)].hash == wanted }
    }

    /// The hash of a source is no secret: a peer must not choose where it stands in the index.
    private func keyed(_ wanted: SourceHash) -> UInt64 {
        withUnsafeBytes(of: wanted) { hash.hash($0) }
    }

    /// Adds a source that is not there yet.
    mutating func insert(_ id: Bytes) -> SourceID {
        let reused = directory.free.popLast()
        let number = reused ?? SourceID(truncatingIfNeeded: sources.count)
        index.insert(hash.hash(id), number)
        let name = id.nameOfSource
        let sources = self.sources
        let nameID = names.insert(hash.hash(name), number) { sources[Int($0)].id.nameOfSource.equals(name) }
        let source = Source(id: id, encodedID: encodeID(id), number: number, name: nameID)
        source.isFurthest = names[nameID].furthest == number
        directory.hashIndex.insert(keyed(source.hash), number)
        if reused != nil { self.sources[Int(number)] = source } else { self.sources.append(source) }
        return number
    }

    /// Removes a source, which is not the furthest of a name that has others.
    mutating func remove(_ id: SourceID) {
        let source = self[id]
        index.remove(hash.hash(source.id), id)
        directory.hashIndex.remove(keyed(source.hash), id)
        names.removeSource(of: source.name, hash.hash(source.id.nameOfSource))
        source.deallocate()
        sources[Int(id)] = vacant
        recent = Self.own
        directory.limbo.append(id)
    }

    /// Nothing names the removed sources any more.
    mutating func settleRemovals() {
        for position in 0..<directory.limbo.count { directory.free.append(directory.limbo[position]) }
        directory.limbo.clear()
    }

    /// The number of a name. O(length of name) expected.
    func find(name: Bytes) -> NameID? {
        names.find(hash.hash(name)) { sources[Int($0)].id.nameOfSource.equals(name) }
    }

    func name(of id: NameID) -> Bytes {
        self[names[id].furthest].id.nameOfSource
    }

    /// A source that was not the furthest of its name has risen. Of the incarnations of one name only the one that is furthest
    /// ahead counts as alive. Equal ones are told apart by their ids, so that it is the same one everywhere.
    func noteRise(of source: Source) {
        let furthest = self[names[source.name].furthest]
        guard
            source.covered > furthest.covered
                || (source.covered == furthest.covered && furthest.id.precedes(source.id))
        else { return }
        furthest.isFurthest = false
        source.isFurthest = true
        names[source.name].furthest = source.number
    }

    /// The ids that `SourceID` numbers, in the byte order of source ids. O(n log n).
    func inOrder() -> [SourceID] {
        let sources = self.sources
        var order = ids.filter { sources[Int($0)].number != .max }
        order.arrange { sources[Int($0)].id.precedes(sources[Int($1)].id) }
        return order
    }
}

/// Of a `SourceTable`, what updates do not pass: it stands apart, so that the table is small enough to be lent by value.
private final class SourceDirectory {
    /// By the hash of the source, which peers say instead of the id.
    var hashIndex = HashIndex()
    var names = NameTable()
    /// Numbers that old items of heaps may still name, and numbers that may be given out.
    var limbo = Column<SourceID>()
    var free = Column<SourceID>()
}

extension SourceTable {
    /// Returns whether a timestamp is less than another one: by version, then by the bytes of the source.
    func precedes(_ a: Timestamp, _ b: Timestamp) -> Bool {
        if a.version != b.version { return a.version < b.version }
        return a.source != b.source && self[a.source].id.precedes(self[b.source].id)
    }

    /// Returns whether a dot is less than another one: by version, then by the bytes of the source.
    func precedes(_ a: Dot, _ b: Dot) -> Bool {
        if a.version != b.version { return a.version < b.version }
        return a.source != b.source && self[a.source].id.precedes(self[b.source].id)
    }
}
