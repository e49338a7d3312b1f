extension Replica {
    /// Takes one update from a peer: covered is final, news is settled and covered.
    func receive(_ incoming: IncomingUpdate) throws(Failure) {
        try check(incoming)
        let known = sources.find(incoming.source)
        try checkIdentity(of: known, claims: incoming.version)
        if let known, incoming.version <= sources[known].covered { return }
        try checkJump(to: incoming.version)
        try checkRoom()
        let id = try sourceID(for: incoming.source)
        sources[id].covered = incoming.version
        version = max(version, incoming.version)
        settle(record(of: incoming, from: id))
    }

    func check(_ incoming: IncomingUpdate) throws(Failure) {
        try configuration.limits.check(key: incoming.key)
        try Limits.check(id: incoming.source)
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

    private func checkJump(to version: Version) throws(Failure) {
        let jump = configuration.limits.versionJump
        guard version > self.version, version - self.version > jump else { return }
        throw Failure(.versionJump, "version \(version) is more than \(jump) ahead of \(self.version)")
    }

    /// A source's number, made where it is new.
    func sourceID(for id: Bytes) throws(Failure) -> SourceID {
        if let known = sources.find(id) { return known }
        guard sources.count < configuration.limits.sources else {
            throw Failure(.sources, "another source than the \(sources.count) known; max_sources")
        }
        return sources.insert(id)
    }

    func record(of incoming: IncomingUpdate, from source: SourceID) -> Record {
        Record(
            key: incoming.key, value: incoming.value, source: source, quotedSource: sources[source].quoted,
            version: incoming.version, isDelete: incoming.isDelete)
    }
}
