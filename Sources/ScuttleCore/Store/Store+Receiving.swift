extension Store {
    /// The result of applying an update of a peer.
    enum ApplyResult {
        /// The update is covered already.
        case covered
        /// The update is new: its record, of which the caller owns a reference.
        case accepted(Record)
        /// Another content stands here under the update's dot or timestamp: the error that is reported to the host. The update is
        /// accounted for.
        case equivocation(Failure)
    }

    /// Applies an update of a peer, and leaves the vector to the caller. A new update becomes its key's entry, or loses to the
    /// present one.
    /// - Parameter isExempt: whether the resolver decides even if the dot is covered (the content check of
    ///   docs/reference/protocol.md).
    /// - Throws: `.key`, `.keySize`, `.nul`, `.id`, `.version`, `.versionJump`, `.identity`, `.sources`, `.memory`; then nothing
    ///   has changed.
    @_optimize(speed)
    func apply(_ incoming: IncomingUpdate, isExempt: Bool = false) throws(Failure) -> ApplyResult {
        let hash = keys.hash(of: incoming.key)
        let known = sources.recall(incoming.source)
        try check(incoming, from: known)
        try checkIdentity(of: known, claims: incoming.version)
        let present = known.flatMap { entry(of: Dot(source: $0, version: incoming.version)) }
        let isSame = present.map { incoming.hasContent(of: $0) } ?? false
        if let known, incoming.version <= sources[known].covered, !isExempt,
            refused == nil || !isMissing(known, incoming.version)
        {
            let isKnown = present.map { isSame || isSpelling(incoming, of: $0) } ?? true
            return isKnown ? repeated() : .equivocation(equivocation(incoming))
        }
        if known == nil, incoming.version <= retiredVersion(of: incoming.source), !isExempt { return repeated() }
        if let present, isSame, !isExempt, isNoEarlier(incoming, than: present) {
            counters.repeated &+= 1
            present.retain()
            return .accepted(present)
        }
        let key = keys.find(incoming.key, hash)
        if let key, let current = keys[key], isEquivocation(incoming, of: current), !isSpelling(incoming, of: current) {
            guard Store.tieBreak(incoming.kind, incoming.value, against: current.kind, current.value) > 0 else {
                return .equivocation(equivocation(incoming))
            }
            hasSeenEquivocation = true
        }
        try checkJump(to: incoming.version)
        try checkRoom()
        try checkMemory(for: incoming.key, incoming.value)
        let source: SourceID
        if let known { source = known } else { source = try sourceID(for: incoming.source) }
        let record = try record(of: incoming, as: Dot(source: source, version: incoming.version))
        version = max(version, incoming.version)
        if let present, !present.key.equals(incoming.key) { return apply(record, againstHolderOfDot: present) }
        enter(record, key, hash)
        if record.isEntry { counters.applied &+= 1 } else { noteLost(isSame) }
        return .accepted(record)
    }

    @inline(never)
    private func noteLost(_ isRepeated: Bool) {
        if isRepeated { counters.repeated &+= 1 } else { counters.superseded &+= 1 }
    }

    private func repeated() -> ApplyResult {
        counters.repeated &+= 1
        return .covered
    }

    /// Applies an update although another key has an entry under its dot: one of the two was altered on its way. An entry that is
    /// out of order is removed, and arrives again if it was the true one. Otherwise both stand, and the update goes on under a
    /// new dot.
    @_optimize(speed)
    private func apply(_ record: Record, againstHolderOfDot present: Record) -> ApplyResult {
        hasSeenEquivocation = true
        guard record.version <= sources[record.source].covered else {
            if let key = keys.find(present.key) {
                present.retain()
                remove(key, present)
                if !present.isDelete { reportRemoval(present) }
                present.release()
            }
            enter(record, keys.find(record.key), keys.hash(of: record.key))
            return .accepted(record)
        }
        defer { record.release() }
        let key = keys.find(record.key)
        if let key, let current = keys[key], !stands(record, against: current) { return .covered }
        guard mayWrite else { return .covered }
        issueVersion()
        let copy = self.record(
            record.key, record.value, Dot(source: SourceTable.own, version: version), record.kind, record.timestamp,
            record.lease)
        enter(copy, key, keys.hash(of: copy.key))
        return .accepted(copy)
    }

    /// Returns whether an update has a lesser timestamp than an entry.
    func precedes(_ incoming: IncomingUpdate, _ entry: Record) -> Bool {
        let timestamp = entry.timestamp
        if timestamp.version != incoming.writtenVersion { return incoming.writtenVersion < timestamp.version }
        return incoming.writer.precedes(sources[timestamp.source].id)
    }

    /// Returns whether an update has the timestamp of an entry.
    func isTimestamp(of incoming: IncomingUpdate, _ entry: Record) -> Bool {
        let timestamp = entry.timestamp
        return timestamp.version == incoming.writtenVersion && sources[timestamp.source].id.equals(incoming.writer)
    }

    /// Returns whether an update is an entry's in another spelling: a relay has written its value anew, or dropped `deleted`.
    func isSpelling(_ incoming: IncomingUpdate, of entry: Record) -> Bool {
        guard entry.key.equals(incoming.key) else { return false }
        if entry.kind == incoming.kind { return isSpelling(incoming.value, of: entry.value) }
        return entry.kind != .expiry && incoming.kind != .expiry && entry.value.equals(incoming.value)
    }

    /// Returns whether a value is another spelling of another one. No spelling is so much longer than another, so the cost is
    /// bounded by the bytes that arrived.
    func isSpelling(_ value: Bytes, of other: Bytes) -> Bool {
        if value.equals(other) { return true }
        guard value.count / 8 <= other.count + 32, other.count / 8 <= value.count + 32 else { return false }
        return configuration.isRespelling(value, other)
    }

    /// Returns whether a copy of an entry has no lesser timestamp. A classic relay drops the timestamp of a republished update,
    /// so of two copies of one dot the lesser timestamp is the write's own.
    private func isNoEarlier(_ incoming: IncomingUpdate, than entry: Record) -> Bool {
        incoming.writtenVersion >= entry.timestamp.version
    }

    /// Returns whether an update has another content than the entry of its key under the same dot or timestamp. The content that
    /// wins the tie-break stands; the other is accounted for and reported to the host.
    private func isEquivocation(_ incoming: IncomingUpdate, of entry: Record) -> Bool {
        guard !incoming.hasContent(of: entry) else { return false }
        if isTimestamp(of: incoming, entry),
            !Update.Kind.isExpiry(incoming.kind, of: entry.kind), !Update.Kind.isExpiry(entry.kind, of: incoming.kind)
        {
            return true
        }
        return entry.version == incoming.version && sources[entry.source].id.equals(incoming.source)
    }

    private func equivocation(_ incoming: IncomingUpdate) -> Failure {
        counters.corrupt &+= 1
        return Failure(.corrupt, "version \(incoming.version) of a source has another content here")
    }

    /// Checks the key, the ids and the versions of an update.
    /// - Parameter known: its source, if that is known here; then its id was checked before.
    @_optimize(speed)
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
                .version,
                "version \(incoming.version) of a republished update is not above \(written.version), the version of its timestamp"
            )
        }
    }

    /// Checks that no peer has a version of this replica's own source that was never issued. Otherwise another replica uses the
    /// source, or this one has lost its state.
    func checkIdentity(of source: SourceID?, claims version: Version) throws(Failure) {
        guard source == SourceTable.own, version > own.covered else { return }
        throw Failure(
            .identity,
            "a peer sent version \(version) of this replica's own source, which has issued up to \(own.covered)")
    }

    /// Checks that an update does not raise this replica's Lamport number by more than `max_version_jump`: see `raiseVersion`. A
    /// replica that has no version yet accepts each one that leaves as many above it.
    func checkJump(to version: Version) throws(Failure) {
        let jump = configuration.limits.versionJump
        guard version > self.version, version - self.version > jump else { return }
        if self.version == 0, version <= .highest / 2 { return }
        throw Failure(
            .versionJump,
            "version \(version) is too far above \(self.version); max_version_jump is \(jump)")
    }

    /// Raises this replica's Lamport number towards a peer's, by `max_version_jump` at most: the limit is on jumps, not on
    /// distances, so a lagging replica makes one step a hello. Returns whether it has reached the peer's.
    func raiseVersion(towards version: Version) -> Bool {
        guard version > self.version else { return true }
        let jump = configuration.limits.versionJump
        if version - self.version <= jump {
            self.version = version
            return true
        }
        self.version += jump
        return false
    }

    /// Returns the source with an id, which is inserted if it is new.
    /// - Throws: `.sources`, `.bytes`.
    func sourceID(for id: Bytes) throws(Failure) -> SourceID {
        if let known = sources.recall(id) { return known }
        guard sources.liveCount < configuration.limits.sources || isLoadingOwn else {
            throw Failure(
                .sources,
                "\(sources.liveCount) sources are known; max_sources is \(configuration.limits.sources)")
        }
        if isBounded { try checkRoomForSource() }
        let number = sources.insert(id)
        past.makeRoom(for: number)
        revive(number)
        noteNew(number)
        markRetired(sources[number])
        sourceAppears(number)
        return number
    }

    /// Makes the record of an update under a dot.
    /// - Throws: `.sources` if there is no room for the source of its timestamp.
    func record(of incoming: IncomingUpdate, as dot: Dot) throws(Failure) -> Record {
        guard incoming.hasTail else { return record(incoming.key, incoming.value, dot, incoming.kind) }
        var timestamp: Timestamp?
        if let written = incoming.written {
            timestamp = Timestamp(version: written.version, source: try sourceID(for: written.source))
        }
        let lives = incoming.timeToLive != .max && !incoming.isDelete
        let lease = lives ? leases.lease(for: incoming.timeToLive, age: incoming.age) : nil
        return record(incoming.key, incoming.value, dot, incoming.kind, timestamp, lease)
    }
}
