/// The library's index, but all of them side by side instead of each beside the other facts of its source.
///
/// It was made when sources were objects, whose references are counted: counting is atomic, and an atomic instruction waits
/// until all stores before it have found their memory. Now neither design counts.
struct UncountedIndices: ~Copyable, EntryIndex {
    static let name = "a2: without counting"

    private let indices: UnsafeMutableBufferPointer<VersionIndex>

    init(sources: Int) {
        indices = .allocate(capacity: sources)
        for index in indices.indices { indices.initializeElement(at: index, to: VersionIndex()) }
    }

    deinit {
        indices.deinitialize().deallocate()
    }

    mutating func enlist(_ record: Record, _ key: KeyID) {
        indices[Int(record.source)].insert(record.version, key)
    }

    mutating func retire(_ record: Record, _ table: borrowing KeyTable) {
        indices[Int(record.source)].retire(of: record.source, table)
    }

    mutating func keys(of source: SourceID, above version: Version, _ table: borrowing KeyTable) -> [KeyID] {
        var found: [KeyID] = []
        indices[Int(source)].forEachLive(above: version, upTo: .highest, of: source, table) { key, _ in
            found.append(key)
        }
        return found
    }
}
