/// The sources that this replica knows in full; the first is its own. Their `covered` versions and the entries of the
/// `RetiredTable` are the version vector. Owns the storage of each `Source`.
///
/// The id of a removed source stays vacant until nothing names it, and is then used again.
struct SourceTable: ~Copyable {
    private var index = HashIndex()
    private var sources: [Source] = []
    private let hash: SipHash
    /// The source of the latest look-up, because updates of one source come in runs.
    private var recent: SourceID = 0
    /// The part that only new and removed sources change.
    private let directory = SourceDirectory()
    /// The source at vacant ids, of which nothing is covered.
    private let vacant: Source
    /// Makes the `encodedID` of a source.
    private let encodeID: (Bytes) -> OwnedBytes

    /// The source of this replica itself.
    static var own: SourceID { 0 }

    /// - Parameter encodeID: makes the `encodedID` of a source.
    init(own id: Bytes, hash: SipHash, encodeID: @escaping (Bytes) -> OwnedBytes) {
        (self.hash, self.encodeID) = (hash, encodeID)
        vacant = Source(id: Bytes("?"), encodedID: encodeID(Bytes("?")), index: .max, name: .max)
        _ = insert(id)
    }

    deinit {
        for source in sources where source.index != .max { source.deallocate() }
        vacant.deallocate()
    }

    /// The end of the ids.
    var count: Int { sources.count }
    /// The number of sources, and the number of removed ids that cannot be used again yet.
    var liveCount: Int { sources.count - directory.limbo.count - directory.free.count }
    var limboCount: Int { directory.limbo.count }

    /// The names of all sources.
    var names: NameTable {
        _read { yield directory.names }
        nonmutating _modify { yield &directory.names }
    }

    /// Returns the hash of a source's id in the index.
    func hash(of id: Bytes) -> UInt64 { hash.hash(id) }

    /// All ids. Of the vacant ones nothing is covered.
    var ids: Range<SourceID> { 0..<SourceID(truncatingIfNeeded: sources.count) }

    subscript(id: SourceID) -> Source {
        sources[Int(id)]
    }

    /// Returns the source with an id. O(length of id) expected.
    func find(_ id: Bytes) -> SourceID? {
        index.find(hash.hash(id)) { sources[Int($0)].id.equals(id) }
    }

    /// Returns the source with an id, as `find`, and remembers it. Compares the id of the latest look-up first, which needs no
    /// hash.
    @inline(__always)
    mutating func recall(_ id: Bytes) -> SourceID? {
        if sources[Int(recent)].id.equals(id) { return recent }
        guard let found = find(id) else { return nil }
        recent = found
        return found
    }

    /// Returns the source with a hash. O(1) expected.
    func find(_ wanted: SourceHash) -> SourceID? {
        directory.hashIndex.find(keyed(wanted)) { sources[Int($0)].hash == wanted }
    }

    /// Hashes a source's hash with a secret, because a peer must not choose a source's slot of the index.
    private func keyed(_ wanted: SourceHash) -> UInt64 {
        withUnsafeBytes(of: wanted) { hash.hash($0) }
    }

    /// Inserts a source whose id is not present.
    mutating func insert(_ id: Bytes) -> SourceID {
        let reused = directory.free.popLast()
        let newID = reused ?? SourceID(truncatingIfNeeded: sources.count)
        index.insert(hash.hash(id), newID)
        let name = id.nameOfSource
        let sources = self.sources
        let nameID = names.insert(hash.hash(name), newID) { sources[Int($0)].id.nameOfSource.equals(name) }
        let source = Source(id: id, encodedID: encodeID(id), index: newID, name: nameID)
        source.isFurthest = names[nameID].furthest == newID
        directory.hashIndex.insert(keyed(source.hash), newID)
        if reused != nil { self.sources[Int(newID)] = source } else { self.sources.append(source) }
        return newID
    }

    /// Removes a source that is not the furthest of a name with several sources.
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

    /// Makes the ids of removed sources usable again, because nothing names them.
    mutating func recycleRemoved() {
        for position in 0..<directory.limbo.count { directory.free.append(directory.limbo[position]) }
        directory.limbo.clear()
    }

    /// Returns the id of a name. O(length of name) expected.
    func find(name: Bytes) -> NameID? {
        names.find(hash.hash(name)) { sources[Int($0)].id.nameOfSource.equals(name) }
    }

    func name(of id: NameID) -> Bytes {
        self[names[id].furthest].id.nameOfSource
    }

    /// Makes a source that has risen the furthest of its name, if it is. Of the incarnations of one name only the furthest may be
    /// alive. Equal ones are ordered by their ids, so that every replica has the same furthest one.
    func noteRise(of source: Source) {
        let furthest = self[names[source.name].furthest]
        guard
            source.covered > furthest.covered
                || (source.covered == furthest.covered && furthest.id.precedes(source.id))
        else { return }
        furthest.isFurthest = false
        source.isFurthest = true
        names[source.name].furthest = source.index
    }

    /// Returns the sources in the byte order of their ids. O(n log n).
    func inOrder() -> [SourceID] {
        let sources = self.sources
        var order = ids.filter { sources[Int($0)].index != .max }
        order.arrange { sources[Int($0)].id.precedes(sources[Int($1)].id) }
        return order
    }
}

/// The part of a `SourceTable` that updates do not touch. It stands apart, so that the table is small enough to be lent by value.
private final class SourceDirectory {
    /// The sources by their hashes, by which peers name retired sources.
    var hashIndex = HashIndex()
    var names = NameTable()
    /// The removed ids that old items of heaps may still name, and the ids that can be used again.
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
