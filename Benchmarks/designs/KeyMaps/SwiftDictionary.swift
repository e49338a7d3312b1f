/// Swift's dictionary from keys to ids, and records that stand densely by key id.
///
/// The dictionary keeps the key that it was first given, and records come and go, so it has copies of the keys, and a
/// new key is hashed twice. Its hash is SipHash-1-3 too. Find and put: O(length of key) expected.
struct SwiftDictionary: ~Copyable, KeyMap {
    static let name = "b: Dictionary"

    /// Bytes that are compared and hashed as such; borrowed in a search, the dictionary's own in the dictionary.
    private struct Key: Hashable {
        let bytes: Bytes

        static func == (a: Key, b: Key) -> Bool { a.bytes.equals(b.bytes) }

        func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }

        var copy: Key {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            memory.copyMemory(from: bytes)
            return Key(bytes: Bytes(memory))
        }
    }

    private var ids: [Key: KeyID] = [:]
    private var records: [Record] = []

    init(hash: SipHash) {}

    deinit {
        for key in ids.keys { key.bytes.deallocate() }
    }

    func find(_ key: Bytes) -> Record? {
        ids[Key(bytes: key)].map { records[Int($0)] }
    }

    mutating func put(_ record: Record) -> Record? {
        let key = Key(bytes: record.key)
        if let id = ids[key] {
            let old = records[Int(id)]
            records[Int(id)] = record
            return old
        }
        ids[key.copy] = KeyID(truncatingIfNeeded: records.count)
        records.append(record)
        return nil
    }
}
