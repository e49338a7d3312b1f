extension Replica {
    /// Hands out all that this replica is, line by line: its entries, tombstones included, and its clock as digests. A
    /// replica of the same id that loads them goes on as this one. Stops where `visit` returns false. O(bytes held).
    public func export(_ visit: (Bytes) -> Bool) {
        own.covered = max(own.covered, version)
        for record in keys.records {
            guard visit(record.line) else { return }
        }
        var text = ByteBuffer()
        for id in sources.inOrder() where sources[id].covered > 0 {
            text.clear()
            _ = text.appendDigest(of: sources[id])
            guard visit(text.bytes) else { return }
        }
    }

    /// Takes an entry of the clock to start from: the source is accounted for up to `version`.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public func load(clockOf id: Bytes, at version: Version) throws(Failure) {
        try Limits.check(id: id)
        guard version <= .highest else { throw Failure(.version, "version \(version) is not in 0 ... 2^53-1") }
        guard version > 0 else { return }
        cover(try sourceID(for: id), version)
    }

    private func cover(_ id: SourceID, _ version: Version) {
        sources[id].covered = max(sources[id].covered, version)
        self.version = max(self.version, version)
    }

    /// Takes entries to start from, in any order, before anything else happens to the replica. They set the clock, and
    /// enter neither the history nor the callbacks; `finishLoading` must follow.
    /// - Throws: as `Link.receive`, for the update that is refused.
    public func load(_ incoming: IncomingUpdate) throws(Failure) {
        try check(incoming)
        try checkRoom()
        let id = try sourceID(for: incoming.source)
        cover(id, incoming.version)
        _ = resolve(record(of: incoming, from: id))
    }

    /// Builds the version indices of what was loaded, and renews the promise of an own source that was among it: what an
    /// earlier life issued is at or below the highest version. O(n log n).
    /// - Throws: `.version` where two keys have one version of one source, which no replica writes.
    public func finishLoading() throws(Failure) {
        if own.covered > 0 { own.covered = version }
        var entries = [[(version: Version, key: KeyID)]](repeating: [], count: sources.count)
        for key in 0..<KeyID(truncatingIfNeeded: keys.count) {
            entries[Int(keys[key].source)].append((keys[key].version, key))
        }
        for id in entries.indices {
            let source = sources[SourceID(truncatingIfNeeded: id)]
            source.entries = VersionIndex()
            for entry in entries[id].sorted(by: { $0.version < $1.version }) {
                guard entry.version > source.entries.last else {
                    throw Failure(.version, "two keys have version \(entry.version) of one source")
                }
                source.entries.append(entry.version, entry.key)
            }
        }
    }
}
