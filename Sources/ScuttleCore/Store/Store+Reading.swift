/// The calls by which hosts read a store.
extension Store {
    /// The number of keys that hold a value.
    public var count: Int { keys.liveCount }

    /// Returns the entry of a key; nil if the key is absent or deleted. Borrowed until the next call. O(length of key).
    @inline(__always)
    public func get(_ key: Bytes) throws(Failure) -> Entry? {
        guard let record = try record(of: key), !record.isDelete else { return nil }
        return entry(of: record)
    }

    /// Returns the record of a key of the host, tombstones included. A function of the whole store, because parts of one are
    /// passed field by field.
    @inline(never)
    @_optimize(speed)
    func record(of key: Bytes) throws(Failure) -> Record? {
        if !key.isShortASCII || key.count > configuration.limits.keyBytes { try checkReadable(key) }
        return keys.entry(of: key, keys.plainHash(of: key))
    }

    @inline(never)
    func checkReadable(_ key: Bytes) throws(Failure) {
        try configuration.limits.check(hostKey: key)
    }

    /// Visits the entries whose key begins with `prefix`, in the byte order of keys, until `visit` returns false. O(log n +
    /// entries and tombstones passed), after O(k log k + n) if k keys are new since the last visit.
    public func visitEntries(prefix: Bytes, _ visit: (Update) -> Bool) {
        order.update(from: &keys)
        let ids = order.ids(from: prefix, in: keys)
        for index in ids.indices {
            // Entries stand anywhere in memory: fetch some while the host looks at this one.
            let ahead = index + Store.entriesAhead
            if ahead < ids.endIndex { keys[ids[ahead]]?.prepareToRead() }
            guard let record = keys[ids[index]], record.key.begins(with: prefix) else { return }
            guard record.isDelete || visit(update(of: record)) else { return }
        }
    }

    private static var entriesAhead: Int { 6 }

    /// Visits each source and the version up to which it is covered, in the byte order of sources, until `visit` returns false.
    /// O(s log s).
    public func visitVector(_ visit: (Bytes, Version) -> Bool) {
        for id in sources.inOrder() where sources[id].covered > 0 {
            guard visit(sources[id].id, sources[id].covered) else { return }
        }
    }

    /// Returns the updates of `source` above `version` that the history still has, ordered by `Configuration.sort`. Borrowed
    /// until the next call. O(updates found), times a logarithm with a sort of the host's.
    public func updates(of source: Bytes, above version: Version) -> [Update] {
        guard let id = sources.find(source) else { return [] }
        let found = history.updates(of: sources[id], above: version).map { update(of: $0) }
        guard let sort = configuration.sort else { return found }
        return found.arranged(by: sort)
    }

    /// A hash of the contents, which is equal at replicas that hold the same values by the same writes. Tombstones do not count,
    /// because replicas purge them at different times. O(bytes that have arrived since the last call).
    public var fingerprint: UInt64 {
        contentHash.low
    }

    @inline(__always)
    func entry(of record: Record) -> Entry {
        let timestamp = record.timestamp
        return Entry(value: record.value, source: sources[timestamp.source].id, version: timestamp.version)
    }

    @inline(__always)
    func update(of record: Record) -> Update {
        let timestamp = record.timestamp
        let dotSource = sources[record.source].id
        return Update(
            key: record.key, value: record.value,
            source: timestamp.source == record.source ? dotSource : sources[timestamp.source].id,
            version: timestamp.version, kind: record.kind, isLocal: timestamp.source == SourceTable.own,
            dotSource: dotSource, dotVersion: record.version)
    }
}
