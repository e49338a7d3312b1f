/// The library's way: its `HashIndex`, and records that stand densely by key id.
///
/// A slot has half the hash and the id. So a search reads a slot, the place of the record and the record, and growing
/// reads nothing but slots. Find and put: O(length of key) expected.
struct HalfHashSlots: ~Copyable, KeyMap {
    static let name = "a: half hashes"

    private var index = HashIndex()
    private var records: [Record] = []
    private let hash: SipHash

    init(hash: SipHash) {
        self.hash = hash
    }

    func find(_ key: Bytes) -> Record? {
        id(of: key, hash.hash(key)).map { records[Int($0)] }
    }

    mutating func put(_ record: Record) -> Record? {
        let hash = hash.hash(record.key)
        if let id = id(of: record.key, hash) {
            let old = records[Int(id)]
            records[Int(id)] = record
            return old
        }
        index.insert(hash, KeyID(truncatingIfNeeded: records.count))
        records.append(record)
        return nil
    }

    @inline(__always)
    private func id(of key: Bytes, _ hash: UInt64) -> KeyID? {
        index.find(hash) { records[Int($0)].key.equals(key) }
    }
}
