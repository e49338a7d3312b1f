/// A key's place in the key table: given when the key is first written, in ascending order, and kept for ever.
typealias KeyID = UInt32

/// The map itself: each key's winning update, its entry. A delete is an entry too: a tombstone.
///
/// Owns one reference to each record. Records stand densely by key id; the hash index finds the id. So an overwrite
/// replaces one pointer, version indices and the key order may name keys by id, and a walk over all entries is a scan.
struct KeyTable: ~Copyable {
    private var index = HashIndex()
    private(set) var records: [Record] = []
    private let hash: SipHash

    /// Entries that are not tombstones.
    private(set) var liveCount = 0

    /// More keys than this cannot be named.
    static var mostKeys: Int { Int(UInt32.max) - 1 }

    init(hash: SipHash) {
        self.hash = hash
    }

    deinit {
        for record in records { record.release() }
    }

    /// All keys ever written, deleted ones included: ids are 0 ..< count.
    var count: Int { records.count }

    subscript(id: KeyID) -> Record {
        records[Int(id)]
    }

    /// Whether a key's entry is the update of this source and version.
    func isEntry(of id: KeyID, _ source: SourceID, _ version: Version) -> Bool {
        let record = self[id]
        return record.version == version && record.source == source
    }

    /// O(length of key) expected.
    func find(_ key: Bytes) -> KeyID? {
        index.find(hash.hash(key)) { records[Int($0)].key.equals(key) }
    }

    /// Adds the first record of a key and takes over the caller's reference.
    mutating func insert(_ record: Record) -> KeyID {
        let id = KeyID(truncatingIfNeeded: records.count)
        index.insert(hash.hash(record.key), id)
        records.append(record)
        if !record.isDelete { liveCount += 1 }
        return id
    }

    /// Replaces a key's record, takes over the caller's reference and hands the one to the old record back.
    mutating func replace(_ id: KeyID, with record: Record) -> Record {
        let old = records[Int(id)]
        records[Int(id)] = record
        liveCount += (old.isDelete ? 1 : 0) - (record.isDelete ? 1 : 0)
        return old
    }
}
