/// The map: each key's winning update, which is its entry. A delete is an entry too: a tombstone.
///
/// Owns one reference to each record. Records stand densely by key id; the hash index finds the id. So an overwrite replaces one
/// pointer, and version indices, arrivals and the key order name keys by id. The id of a removed key is used again once the key
/// order names it no longer.
struct KeyTable: ~Copyable {
    private var index = HashIndex()
    private var slots = Column<Record?>()
    private let hash: SipHash

    private let vacancies = KeyVacancies()

    /// The ids of removed keys that the key order may still name.
    var vacated: Column<KeyID> {
        _read { yield vacancies.vacated }
    }
    /// Ids that were given out since the key order was last brought up to date.
    var fresh: Column<KeyID> {
        _read { yield vacancies.fresh }
    }

    /// The number of entries that hold a value, and of tombstones.
    private(set) var liveCount = 0
    private(set) var tombstoneCount = 0

    /// The highest number of key ids.
    static var maxKeys: Int { Int(UInt32.max) - 1 }

    init(hash: SipHash) {
        self.hash = hash
    }

    deinit {
        for id in 0..<slots.count { slots[id]?.release() }
    }

    /// Ids are below this.
    var idLimit: Int { slots.count }

    /// The entry of a key; nil if no key has this id.
    subscript(id: KeyID) -> Record? {
        Int(id) < slots.count ? slots[Int(id)] : nil
    }

    func key(of id: KeyID) -> Bytes {
        self[id]?.key ?? Bytes(start: nil, count: 0)
    }

    /// Visits all entries until `visit` returns false. O(ids).
    func forEach(_ visit: (KeyID, Record) -> Bool) {
        for id in 0..<slots.count {
            if let record = slots[id], !visit(KeyID(truncatingIfNeeded: id), record) { return }
        }
    }

    /// Returns whether a key's entry is the update of this source and version.
    func isEntry(of id: KeyID, _ source: SourceID, _ version: Version) -> Bool {
        guard let record = self[id] else { return false }
        return record.version == version && record.source == source
    }

    /// Returns the hash of a key, and begins to fetch its slot of the index. O(length of key).
    func hash(of key: Bytes) -> UInt64 {
        let hash = hash.hash(key)
        index.expect(hash)
        return hash
    }

    /// Returns the id of a key. O(length of key) expected. Not inlined, unlike the variant with a hash, because few of its many
    /// callers are hot.
    @inline(never)
    @_optimize(speed)
    func find(_ key: Bytes) -> KeyID? {
        find(key, hash(of: key))
    }

    @_optimize(speed)
    func find(_ key: Bytes, _ hash: UInt64) -> KeyID? {
        index.find(hash) { slots[Int($0)]?.key.equals(key) ?? false }
    }

    /// Returns the entry of a key, which comes into the caches as a whole. O(length of key) expected.
    @inline(__always)
    func entry(of key: Bytes, _ hash: UInt64) -> Record? {
        var entry: Record?
        _ = index.find(hash) { number in
            guard let record = slots[Int(number)] else { return false }
            record.prepareToLook()
            guard record.key.equals(key) else { return false }
            entry = record
            return true
        }
        return entry
    }

    /// Returns the hash of a key, without a prefetch. O(length of key).
    @inline(__always)
    func plainHash(of key: Bytes) -> UInt64 { hash.hash(key) }

    /// Returns the entry of the first key with half of a hash, which is probably its key; nil if there is none. Reads no record.
    @inline(__always)
    func probable(_ hash: UInt64) -> Record? {
        probableID(hash).flatMap { slots[Int($0)] }
    }

    /// Prefetches what `probable` will read besides the index.
    @inline(__always)
    func expectRecord(_ hash: UInt64) {
        if let id = probableID(hash) { slots.expect(Int(id)) }
    }

    @inline(__always)
    private func probableID(_ hash: UInt64) -> KeyID? { index.find(hash) { _ in true } }

    /// Adds the first record of a key with its hash. The table owns the caller's reference from then on.
    @_optimize(speed)
    mutating func insert(_ record: Record, _ hash: UInt64) -> KeyID {
        let id: KeyID
        if let reused = vacancies.free.popLast() {
            id = reused
            vacancies.fresh.append(reused)
            slots[Int(reused)] = record
        } else {
            id = KeyID(truncatingIfNeeded: slots.count)
            slots.append(record)
        }
        index.insert(hash, id)
        count(record, 1)
        return id
    }

    /// Replaces a key's record. The table owns the caller's reference to the new record from then on, and the caller owns the
    /// table's to the old one.
    @_optimize(speed)
    mutating func replace(_ id: KeyID, _ old: Record, with record: Record) {
        slots[Int(id)] = record
        count(old, -1)
        count(record, 1)
    }

    /// Removes a key. The caller owns the table's reference to its record from then on.
    mutating func remove(_ id: KeyID, _ record: Record) {
        index.remove(hash.hash(record.key), id)
        slots[Int(id)] = nil
        vacancies.vacated.append(id)
        count(record, -1)
    }

    /// Makes the vacated ids usable again, because the key order names none of them and knows the fresh ids.
    mutating func recycleVacated() {
        for position in 0..<vacated.count { vacancies.free.append(vacated[position]) }
        vacancies.vacated.clear()
        vacancies.fresh.clear()
    }

    private mutating func count(_ record: Record, _ change: Int) {
        record.isEntry = change > 0
        if record.isDelete { tombstoneCount += change } else { liveCount += change }
    }
}

/// The part of a `KeyTable` that only new and removed keys change. It stands apart, so that the table is small enough to be lent
/// by value.
private final class KeyVacancies {
    /// The ids of removed keys: those that the key order may still name, and those that can be used again.
    var vacated = Column<KeyID>()
    var free = Column<KeyID>()
    /// Ids that were given out since the key order was last brought up to date.
    var fresh = Column<KeyID>()
}
