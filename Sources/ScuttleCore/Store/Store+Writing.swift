/// A key that can be written, with its hash. Made before its value is checked, because the key's slot of a large table comes into
/// the caches later than all else in a write. Borrowed, like the key.
public struct WritableKey {
    let bytes: Bytes
    let hash: UInt64
}

extension Store {
    /// Checks that a key can be written, and begins to fetch its slot of the table.
    /// - Throws: `.key`, `.keySize`, `.nul`, `.utf8`, `.exhausted`, `.unsupported`, `.memory`.
    @inline(__always)
    public func writableKey(_ key: Bytes) throws(Failure) -> WritableKey {
        try checkWrite(of: key)
        return WritableKey(bytes: key, hash: keys.hash(of: key))
    }

    /// Sets a key to a JSON value: a local write.
    /// - Parameter value: valid JSON without insignificant white space.
    /// - Throws: `.keys`, `.bytes`, `.store`, `.memory`.
    @inline(__always)
    public func set(_ key: WritableKey, to value: Bytes) throws(Failure) {
        try checkMemory(for: key.bytes, value)
        if isGuarded { return try writeGuarded(key.bytes, value, nil) }
        counters.sets &+= 1
        write(key, value, .value)
    }

    /// Sets a key to a JSON value: a local write.
    /// - Throws: as `writableKey` and as `set` with its result.
    @_optimize(speed)
    public func set(_ key: Bytes, to value: Bytes) throws(Failure) {
        try set(writableKey(key), to: value)
    }

    /// Deletes a key: a local write whose entry is a tombstone. Throws as `set`.
    public func delete(_ key: Bytes) throws(Failure) {
        try checkWrite(of: key)
        try checkMemory(for: key, Bytes("null"))
        if isGuarded { return try writeGuarded(key, nil, nil) }
        counters.deletes &+= 1
        write(key, Bytes("null"), .delete)
    }

    @_optimize(speed)
    func checkWrite(of key: Bytes) throws(Failure) {
        try configuration.limits.check(hostKey: key)
        guard version < .highest else { throw exhausted }
        guard !hasLeft else { throw Failure(.unsupported, "this replica has left: its own name was retired") }
        try checkRoom()
    }

    var exhausted: Failure { Failure(.exhausted, "the version has reached 2^53-1") }

    /// Checks that there is memory for an update's record, and for its row if there is a store.
    @inline(__always)
    func checkMemory(for key: Bytes, _ value: Bytes) throws(Failure) {
        try Memory.check((key.count &+ value.count) &* (changes == nil ? 1 : 3))
    }

    /// Checks that there is an id for another key.
    func checkRoom() throws(Failure) {
        guard keys.idLimit < KeyTable.maxKeys else {
            throw Failure(.memory, "the key table is full; it holds \(KeyTable.maxKeys) keys at most")
        }
    }

    /// Writes an update of this replica's, for which there are room and a version.
    @_optimize(speed)
    func write(_ key: Bytes, _ value: Bytes, _ kind: Update.Kind) {
        write(WritableKey(bytes: key, hash: keys.hash(of: key)), value, kind)
    }

    @_optimize(speed)
    private func write(_ key: WritableKey, _ value: Bytes, _ kind: Update.Kind) {
        issueVersion()
        let record = record(key.bytes, value, Dot(source: SourceTable.own, version: version), kind)
        enter(record, keys.find(key.bytes, key.hash), key.hash)
        appendToHistory(record)
        record.release()
        purgeSurplusTombstones()
    }

    /// Writes a value with a time to live.
    @_optimize(speed)
    func write(_ key: WritableKey, _ value: Bytes, _ lease: Lease) {
        write(value, .value, nil, lease, to: key, keys.find(key.bytes, key.hash))
    }

    /// Writes an update with a timestamp other than its dot, with a time to live, or with neither.
    @inline(never)
    @_optimize(speed)
    func write(
        _ value: Bytes, _ kind: Update.Kind, _ timestamp: Timestamp?, _ lease: Lease?, to key: WritableKey,
        _ known: KeyID?
    ) {
        let record = record(
            key.bytes, value, Dot(source: SourceTable.own, version: version + 1), kind, timestamp, lease)
        make(record, known, key.hash)
        record.release()
        purgeSurplusTombstones()
    }

    /// Makes a local write, whose record has the next version.
    @inline(never)
    @_optimize(speed)
    func make(_ record: Record, _ known: KeyID?, _ hash: UInt64) {
        issueVersion()
        enter(record, known, hash)
        appendToHistory(record)
    }
}
