extension Replica {
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

    /// Takes an entry of the clock to start from: the source is accounted for up to `version`.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public func load(clockOf id: Bytes, at version: Version) throws(Failure) {
        try Limits.check(clockOf: id, at: version)
        guard version > 0 else { return }
        cover(try sourceID(for: id), version)
    }

    /// Builds the version indices of what was loaded, and renews the promise of an own source that was among it: what an
    /// earlier life issued is at or below the highest version. O(n log n).
    /// - Throws: `.version` where two keys have one version of one source, which no replica writes.
    public func finishLoading() throws(Failure) {
        if own.covered > 0 { renewPromise() }
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

    private func cover(_ id: SourceID, _ version: Version) {
        sources[id].covered = max(sources[id].covered, version)
        self.version = max(self.version, version)
    }
}
