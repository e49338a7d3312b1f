/// What is asked of a key table here: from keys to records. Records belong to whoever made them.
///
/// Nothing is ever removed: a replica does that for tombstones only, and all designs can.
protocol KeyMap: ~Copyable {
    static var name: String { get }

    init(hash: SipHash)

    func find(_ key: Bytes) -> Record?

    /// As `scuttle_set` does it: looks the key up, then adds the record or puts it in the place of the old one, which is
    /// returned.
    mutating func put(_ record: Record) -> Record?
}
