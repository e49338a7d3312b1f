/// Local writes that are made as one step: all of them or none. Each has its record already, so that making them needs no more
/// memory for keys and values.
public struct Batch: ~Copyable {
    /// Their versions follow on that of the replica.
    fileprivate(set) var records: [Record] = []
    /// The number of keys that hold a value only afterwards; a key that comes twice counts twice.
    fileprivate var newKeys = 0

    public init() {}

    deinit {
        for record in records { record.release() }
    }

    /// The number of bytes of another write in the tables of a replica.
    fileprivate static var tableBytes: Int { 128 }
}

extension Store {
    /// Checks a write, and adds it to a batch of this store's. No call may come between this one and `write`.
    /// - Parameter value: valid JSON without insignificant white space; nil: a delete.
    /// - Parameter timeToLive: as for `set`, but 0: no time to live. No effect on a delete.
    /// - Throws: as `set`. Nothing has changed then.
    public func add(_ key: Bytes, _ value: Bytes?, for timeToLive: UInt64, to batch: inout Batch) throws(Failure) {
        try add(key, value, value == nil || timeToLive == 0 ? nil : lease(for: timeToLive), to: &batch)
    }

    @inline(never)
    private func add(_ key: Bytes, _ value: Bytes?, _ lease: Lease?, to batch: inout Batch) throws(Failure) {
        try checkWrite(of: key)
        let count = batch.records.count
        let last = version + UInt64(truncatingIfNeeded: count)
        guard last < .highest else { throw exhausted }
        let text = value ?? Bytes("null")
        if isBounded {
            if let failure = overflow(by: key, text, isDelete: value == nil, beside: batch.newKeys) { throw failure }
            if value != nil, entry(of: key)?.isDelete ?? true { batch.newKeys += 1 }
        }
        try checkMemory(for: key, text)
        if count & 1023 == 1023 { try Memory.check(count * Batch.tableBytes) }
        batch.records.append(
            record(
                key, text, Dot(source: SourceTable.own, version: last + 1), value == nil ? .delete : .value, nil, lease)
        )
    }

    /// Returns whether the entry of a key has an expected timestamp: the condition of `scuttle_set_if`. O(length of key).
    /// - Parameter version: 0: no value is expected.
    /// - Parameter isSource: compares the source. It runs only for an entry of that version.
    /// - Throws: as `get`, and the errors of `isSource`.
    public func isEntry(
        _ key: Bytes, version: Version, _ isSource: (Bytes) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        let entry = try get(key)
        guard entry?.version ?? 0 == version else { return false }
        return if let entry { try isSource(entry.source) } else { true }
    }

    /// Makes one write, of a replica with limits or with a store of the host's. Throws as `add` and `write`.
    @inline(never)
    func writeGuarded(_ key: Bytes, _ value: Bytes?, _ lease: Lease?) throws(Failure) {
        var batch = Batch()
        try add(key, value, lease, to: &batch)
        try write(batch)
    }

    /// Makes the writes of a batch, in order. The host's store gets them before the first one is made. If there are several, and
    /// a resolver may decide against one of them, it gets them at the end of the call.
    /// - Throws: `.store`. Nothing has changed then.
    @inline(never)
    public func write(_ batch: borrowing Batch) throws(Failure) {
        let count = batch.records.count
        if let changes, expires || count == 1 {
            let areEntries = expires || isWinner(batch.records[0])
            try changes.storeFirst(
                self, areEntries ? batch.records : [], version + UInt64(truncatingIfNeeded: count))
        }
        for record in batch.records {
            if record.isDelete { counters.deletes &+= 1 } else { counters.sets &+= 1 }
            make(record, keys.find(record.key), keys.hash(of: record.key))
        }
        // Not before, because a purge may issue versions.
        purgeSurplusTombstones()
    }

    /// Returns whether a local write becomes the entry of its key.
    private func isWinner(_ record: Record) -> Bool {
        guard let current = entry(of: record.key) else {
            return configuration.resolver.accepts(record, { update(of: $0) })
        }
        return stands(record, against: current)
    }
}
