/// A B+ tree for each source, from which what was overwritten is taken out at once.
struct TreeEntries: ~Copyable, EntryIndex {
    static let name = "c: tree per source"

    private let trees: [VersionTree<KeyID>]

    init(sources: Int) {
        trees = (0..<sources).map { _ in VersionTree() }
    }

    mutating func enlist(_ record: Record, _ key: KeyID) {
        trees[Int(record.source)].insert(record.version, key)
    }

    mutating func retire(_ record: Record, _ table: borrowing KeyTable) {
        trees[Int(record.source)].remove(record.version)
    }

    mutating func keys(of source: SourceID, above version: Version, _ table: borrowing KeyTable) -> [KeyID] {
        var found: [KeyID] = []
        trees[Int(source)].forEach(above: version) { found.append($0) }
        return found
    }
}
