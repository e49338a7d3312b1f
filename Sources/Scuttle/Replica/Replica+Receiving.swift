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

    /// Takes one update from a peer, and leaves the vector to the caller: news becomes its key's entry, or is beaten.
    /// - Parameter isExempt: the resolver decides though the dot is covered (the content check of docs/protocol.md).
    /// - Throws: `.key`, `.keySize`, `.nul`, `.id`, `.version`, `.versionJump`, `.identity`, `.sources`, `.memory`,
    ///   `.corrupt` where another content stands under its dot or timestamp; nothing has changed then.
    func take(_ incoming: IncomingUpdate, isExempt: Bool = false) throws(Failure) -> Reception {
        let hash = keys.hash(of: incoming.key)
        let known = sources.recall(incoming.source)
        try check(incoming, from: known)
        try checkIdentity(of: known, claims: incoming.version)
        let key = keys.find(incoming.key, hash)
        let present = known.flatMap { entry(of: $0, at: incoming.version) }
        if let present { try check(incoming, against: present, isSameDot: true) }
        if let known, incoming.version <= sources[known].covered, !isExempt { return .old }
        if known == nil, incoming.version <= retiredVersion(of: incoming.source), !isExempt { return .old }
        if let present, present.key.equals(incoming.key), incoming.hasContent(of: present), !isExempt {
            present.retain()
            return .news(present)
        }
        if let key, let current = keys[key] { try check(incoming, against: current, isSameDot: false) }
        try checkJump(to: incoming.version)
        try checkRoom()
        let source: SourceID
        if let known { source = known } else { source = try sourceID(for: incoming.source) }
        let record = try record(of: incoming, from: source)
        version = max(version, incoming.version)
        enter(record, key, hash)
        return .news(record)
    }

    /// The entry with this dot.
    private func entry(of source: SourceID, at version: Version) -> Record? {
        sources[source].entries.key(with: version, of: source, keys).flatMap { keys[$0] }
    }

    /// Equivocation: two contents under one timestamp, or two keys under one dot. Where the one that is here stands, the other
    /// is refused; where it does not, it gives way, and the host is told by an event.
    private func check(_ incoming: IncomingUpdate, against record: Record, isSameDot: Bool) throws(Failure) {
        if !isSameDot {
            let timestamp = record.timestamp
            guard timestamp.version == incoming.writtenVersion, sources[timestamp.source].id.equals(incoming.writer) else {
                return
            }
        }
        guard !incoming.hasContent(of: record) else { return }
        let isSameKey = record.key.equals(incoming.key)
        if isSameKey, Self.tieBreak(incoming.kind, incoming.value, against: record.kind, record.value) > 0 {
            hasSeenEquivocation = true
            return
        }
        throw Failure(
            .corrupt, "version \(incoming.version) of a source came with another content than is known here")
    }

    /// - Parameter known: its source, where that is known here; its id has been checked then.
    func check(_ incoming: IncomingUpdate, from known: SourceID?) throws(Failure) {
        try configuration.limits.check(key: incoming.key)
        if known == nil { try Limits.check(id: incoming.source) }
        guard incoming.version >= 1, incoming.version <= .highest else {
            throw Failure(.version, "version \(incoming.version) is not in 1 ... 2^53-1")
        }
        guard let written = incoming.written else { return }
        try Limits.check(id: written.source)
        guard written.version >= 1, written.version < incoming.version else {
            throw Failure(
                .version, "an update of version \(incoming.version) was written at \(written.version), which is not below")
        }
    }

    /// A source is one run of one replica: a version of ours that we never issued means that another one uses it, or that
    /// this one lost its state.
    func checkIdentity(of source: SourceID?, claims version: Version) throws(Failure) {
        guard source == SourceTable.own, version > own.covered else { return }
        throw Failure(
            .identity, "a peer has version \(version) of this replica's own source, which has issued up to \(own.covered)")
    }

    /// How fast a peer may raise this replica's number: see `approach`. Who has seen nothing yet takes any.
    func checkJump(to version: Version) throws(Failure) {
        let jump = configuration.limits.versionJump
        guard version > self.version, version - self.version > jump, self.version > 0 else { return }
        throw Failure(
            .versionJump,
            "version \(version) is more than max_version_jump, \(jump), ahead of \(self.version)")
    }

    /// A peer says how far it is. The guard is against a jump, not a distance: who lags goes there in steps, one a hello.
    /// Whether this replica has come up to it.
    func approach(_ version: Version) -> Bool {
        guard version > self.version else { return true }
        let jump = configuration.limits.versionJump
        if self.version == 0 || version - self.version <= jump {
            self.version = version
            return true
        }
        self.version += jump
        return false
    }

    /// A source's number, made where it is new.
    func sourceID(for id: Bytes) throws(Failure) -> SourceID {
        if let known = sources.recall(id) { return known }
        guard sources.liveCount < configuration.limits.sources else {
            throw Failure(
                .sources,
                "another source than the \(sources.liveCount) known; max_sources is \(configuration.limits.sources)")
        }
        let number = sources.insert(id)
        revive(number)
        return number
    }

    /// - Throws: `.sources` where there is no room for the one that wrote it.
    func record(of incoming: IncomingUpdate, from source: SourceID) throws(Failure) -> Record {
        var timestamp: Timestamp?
        if let written = incoming.written {
            timestamp = Timestamp(version: written.version, source: try sourceID(for: written.source))
        }
        return record(
            incoming.key, incoming.value, Dot(source: source, version: incoming.version), incoming.kind,
            timestamp: timestamp)
    }
}
