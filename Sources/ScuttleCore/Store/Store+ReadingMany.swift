/// Reads many keys in one call.
///
/// A large map is far larger than the caches, so a read waits for memory three times: for the slot of the index, the record's
/// address and the record. The reads of one group wait together: each step is done for all keys of the group before the next
/// one, and prefetches the memory that the next one needs.
extension Store {
    /// A key of a group. Borrowed.
    public struct Lookup: BitwiseCopyable {
        fileprivate let key: Bytes
        fileprivate let hash: UInt64
        fileprivate var record: Record?
    }

    /// The number of reads that wait together. Processors fetch 10 to 48 cache lines at a time.
    public static var lookupGroup: Int { 16 }

    /// Begins the search for a key, as `get`.
    /// - Throws: `.key`, `.keySize`, `.nul`, `.utf8`.
    @inline(never)
    public func lookup(_ key: Bytes) throws(Failure) -> Lookup {
        try checkReadable(key)
        return Lookup(key: key, hash: keys.hash(of: key))
    }

    /// Begins to fetch the entries of a group: of each key the one that is probably its entry.
    @inline(never)
    public func fetch(_ group: UnsafeMutablePointer<Lookup>, _ count: Int) {
        for index in 0..<count { keys.expectRecord(group[index].hash) }
        for index in 0..<count {
            group[index].record = keys.probable(group[index].hash)
            group[index].record?.prepareToLook()
        }
    }

    /// Ends the search for a key of a fetched group: returns its entry; nil if it is absent or deleted.
    @inline(never)
    public func entry(of lookup: Lookup) -> Entry? {
        guard var record = lookup.record else { return nil }
        if !record.key.equals(lookup.key) {
            // Another key has the same half of a hash.
            guard let id = keys.find(lookup.key), let other = keys[id] else { return nil }
            record = other
        }
        return record.isDelete ? nil : entry(of: record)
    }
}
