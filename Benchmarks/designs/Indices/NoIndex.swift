/// None: what the key table's part costs alone, to be subtracted from the others.
struct NoIndex: ~Copyable, EntryIndex {
    static let name = "(none)"

    init(sources: Int) {}

    mutating func enlist(_ record: Record, _ key: KeyID) {}
    mutating func retire(_ record: Record, _ table: borrowing KeyTable) {}
    mutating func keys(of source: SourceID, above version: Version, _ table: borrowing KeyTable) -> [KeyID] { [] }
}
