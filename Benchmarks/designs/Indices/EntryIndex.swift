/// What is asked of an index of entries: those of a source above a version, whatever was overwritten.
///
/// The key table says whether a key's entry still is the update that the index knows.
protocol EntryIndex: ~Copyable {
    static var name: String { get }

    init(sources: Int)

    /// An update has become the entry of a key.
    mutating func enlist(_ record: Record, _ key: KeyID)

    /// An update is no entry any more, and the key table knows.
    mutating func retire(_ record: Record, _ table: borrowing KeyTable)

    /// The keys of the entries of a source above a version, ascending by version.
    mutating func keys(of source: SourceID, above version: Version, _ table: borrowing KeyTable) -> [KeyID]
}
