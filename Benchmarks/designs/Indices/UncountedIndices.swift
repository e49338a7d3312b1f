/// The library's index, but at an address of its own instead of in an object for each source, whose references are counted.
///
/// Counting is atomic, and an atomic instruction waits until all stores before it have found their memory.
struct UncountedIndices: ~Copyable, EntryIndex {
    static let name = "a2: without counting"

    private let indices: UnsafeMutableBufferPointer<VersionIndex>

    init(sources: Int) {
        indices = .allocate(capacity: sources)
        indices.initialize(repeating: VersionIndex())
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
