/// The library's index: for each source an array in order of version, where what was overwritten leaves a hole.
struct VersionIndices: ~Copyable, EntryIndex {
    static let name = "a: arrays with holes"

    private let sources: [Source]

    init(sources count: Int) {
        sources = (0..<count).map { number in
            KeyTexts.with(number) { Source(id: $0, number: SourceID(truncatingIfNeeded: number), name: 0) }
        }
    }

    deinit {
        for source in sources { source.deallocate() }
    }

    mutating func enlist(_ record: Record, _ key: KeyID) {
        sources[Int(record.source)].entries.insert(record.version, key)
    }

    mutating func retire(_ record: Record, _ table: borrowing KeyTable) {
        sources[Int(record.source)].entries.retire(of: record.source, table)
    }

    mutating func keys(of source: SourceID, above version: Version, _ table: borrowing KeyTable) -> [KeyID] {
        var found: [KeyID] = []
        sources[Int(source)].entries.forEachLive(above: version, upTo: .highest, of: source, table) { key, _ in
            found.append(key)
        }
        return found
    }
}
