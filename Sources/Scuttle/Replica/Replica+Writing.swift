extension Replica {
    /// Sets a key to a JSON value: a local write.
    /// - Parameter value: valid JSON without insignificant white space.
    /// - Throws: `.key`, `.keySize`, `.nul`, `.utf8`, `.exhausted`, `.memory`.
    public func set(_ key: Bytes, to value: Bytes) throws(Failure) {
        try write(key, value, isDelete: false)
    }

    /// Deletes a key: a local write whose entry is a tombstone. Throws as `set`.
    public func delete(_ key: Bytes) throws(Failure) {
        try write(key, Bytes("null"), isDelete: true)
    }

    private func write(_ key: Bytes, _ value: Bytes, isDelete: Bool) throws(Failure) {
        try configuration.limits.check(hostKey: key)
        guard version < .highest else { throw Failure(.exhausted, "version numbers have reached 2^53-1") }
        try checkRoom()
        version += 1
        own.covered = version
        settle(
            Record(
                key: key, value: value, source: SourceTable.own, quotedSource: own.quoted, version: version,
                isDelete: isDelete))
    }

    /// Refuses a key beyond what key ids can name.
    func checkRoom() throws(Failure) {
        guard keys.count < KeyTable.mostKeys else { throw Failure(.memory, "no more keys can be named") }
    }

    /// Brings a covered update into the map and the history; takes over the caller's reference.
    func settle(_ record: Record) {
        record.retain()
        settled &+= 1
        let source = sources[record.source]
        if let place = resolve(record) {
            source.entries.append(record.version, place.key)
            if let loser = place.replaced { retireEntry(of: loser) }
            configuration.onUpdate?(update(of: record))
        }
        if let onCompaction = configuration.onCompaction, let doomed = history.doomed {
            onCompaction(update(of: doomed))
        }
        history.remember(record, of: source)
        record.release()
    }

    /// Lets the resolver decide between a record and its key's entry; takes over the caller's reference. Where the record
    /// became the entry: its key, and the source of the entry that it replaced.
    func resolve(_ record: Record) -> (key: KeyID, replaced: SourceID?)? {
        let key = keys.find(record.key)
        let current = key.map { keys[$0] }
        guard configuration.resolver.prefers(update(of: record), to: current.map { update(of: $0) }) else {
            record.release()
            return nil
        }
        guard let key, let current else { return (keys.insert(record), nil) }
        let loser = current.source
        keys.replace(key, with: record).release()
        return (key, loser)
    }

    private func retireEntry(of id: SourceID) {
        let source = sources[id]
        source.entries.retire()
        if source.entries.wantsSweep { source.entries.sweep(of: id, keys) }
    }
}
