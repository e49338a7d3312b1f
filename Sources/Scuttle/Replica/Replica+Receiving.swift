extension Replica {
    /// What became of an update from a peer.
    enum Reception {
        /// It is covered: old news.
        case old
        /// It is news: its record, of which the caller owns a reference.
        case news(Record)
    }

    /// Takes one update from a peer of the classic dialect, which sends the updates of each source in order: all up to this
    /// one are accounted for.
    func receive(_ incoming: IncomingUpdate) throws(Failure) {
        guard case .news(let record) = try take(incoming) else { return }
        defer { record.release() }
        cover(record.source, upTo: record.version, remembering: record.isEntry ? 1 : 0)
        if record.version > sources[record.source].reach { remember(record) }
        forgetSurplusTombstones()
    }

    /// Takes one update from a peer, and leaves the clock to the caller: news becomes its key's entry, or is beaten.
    /// - Throws: `.key`, `.keySize`, `.nul`, `.id`, `.version`, `.versionJump`, `.identity`, `.sources`, `.memory`,
    ///   `.corrupt`; nothing has changed then.
    func take(_ incoming: IncomingUpdate) throws(Failure) -> Reception {
        let hash = keys.hash(of: incoming.key)
        let known = sources.recall(incoming.source)
        try check(incoming, from: known)
        try checkIdentity(of: known, claims: incoming.version)
        let present = try known.flatMap { (id) throws(Failure) in try presentEntry(id, incoming) }
        if let known, incoming.version <= sources[known].covered { return .old }
        if let present {
            present.retain()
            return .news(present)
        }
        try checkJump(to: incoming.version)
        try checkRoom()
        let id: SourceID
        if let known { id = known } else { id = try sourceID(for: incoming.source) }
        version = max(version, incoming.version)
        let record = record(of: incoming, from: id)
        enter(record, hash)
        return .news(record)
    }

    /// The entry that is this update already.
    /// - Throws: `.corrupt` where source and version are those of an entry with another content.
    private func presentEntry(_ source: SourceID, _ incoming: IncomingUpdate) throws(Failure) -> Record? {
        guard let key = sources[source].entries.key(with: incoming.version, of: source, keys), let record = keys[key]
        else { return nil }
        guard record.key.equals(incoming.key), record.value.equals(incoming.value), record.kind == incoming.kind else {
            throw Failure(
                .corrupt,
                "version \(incoming.version) of a source came with another content than is known here; its id has two lives"
            )
        }
        return record
    }

    /// - Parameter known: its source, where that is known here; its id has been checked then.
    func check(_ incoming: IncomingUpdate, from known: SourceID?) throws(Failure) {
        try configuration.limits.check(key: incoming.key)
        if known == nil { try Limits.check(id: incoming.source) }
        guard incoming.version >= 1, incoming.version <= .highest else {
            throw Failure(.version, "version \(incoming.version) is not in 1 ... 2^53-1")
        }
    }

    /// An id belongs to one life of one replica: a version of ours that we never issued means that another one uses it, or
    /// that this one lost its state.
    func checkIdentity(of source: SourceID?, claims version: Version) throws(Failure) {
        guard source == SourceTable.own, version > own.covered else { return }
        throw Failure(
            .identity, "a peer has version \(version) of this replica's own id, which has issued up to \(own.covered)")
    }

    func checkJump(to version: Version) throws(Failure) {
        let jump = configuration.limits.versionJump
        guard version > self.version, version - self.version > jump else { return }
        throw Failure(.versionJump, "version \(version) is more than \(jump) ahead of \(self.version)")
    }

    /// A source's number, made where it is new.
    func sourceID(for id: Bytes) throws(Failure) -> SourceID {
        if let known = sources.recall(id) { return known }
        guard sources.count < configuration.limits.sources else {
            throw Failure(.sources, "another source than the \(sources.count) known; max_sources")
        }
        return sources.insert(id)
    }

    func record(of incoming: IncomingUpdate, from source: SourceID) -> Record {
        record(incoming.key, incoming.value, source, incoming.version, incoming.kind)
    }
}
