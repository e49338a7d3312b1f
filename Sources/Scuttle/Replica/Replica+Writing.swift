extension Replica {
    /// Sets a key to a JSON value: a local write.
    /// - Parameter value: valid JSON without insignificant white space.
    /// - Throws: `.key`, `.keySize`, `.nul`, `.utf8`, `.exhausted`, `.memory`.
    public func set(_ key: Bytes, to value: Bytes) throws(Failure) {
        try checkWrite(of: key)
        write(key, value, .value)
    }

    /// Deletes a key: a local write whose entry is a tombstone. Throws as `set`.
    public func delete(_ key: Bytes) throws(Failure) {
        try checkWrite(of: key)
        write(key, Bytes("null"), .delete)
    }

    func checkWrite(of key: Bytes) throws(Failure) {
        try configuration.limits.check(hostKey: key)
        guard version < .highest else { throw Failure(.exhausted, "version numbers have reached 2^53-1") }
        try checkRoom()
    }

    /// Refuses a key beyond what key ids can name.
    func checkRoom() throws(Failure) {
        guard keys.idLimit < KeyTable.mostKeys else { throw Failure(.memory, "no more keys can be named") }
    }

    /// A write by this replica, where there is room and a version for it; returns its key where it became the entry.
    @discardableResult
    func write(_ key: Bytes, _ value: Bytes, _ kind: Update.Kind) -> KeyID? {
        version += 1
        cover(own, upTo: version)
        let record = Record(key: key, value: value, source: SourceTable.own, version: version, kind: kind)
        let id = enter(record)
        remember(record)
        record.release()
        forgetSurplusTombstones()
        return id
    }
}
