/// Which updates of a peer this replica refuses, in either dialect. See `Store+Refusing`.
extension LinkContext {
    /// The judgement of an update that may be refused.
    enum Judgement {
        case accepted
        /// The replica has it already.
        case old
        /// It loses to an entry, or its retired source accounts for it.
        case beaten
        /// The index of its exception; for a new exception also the error.
        case refusedBefore(Int)
        case refused(Int, Failure)
    }

    @inline(never)
    func judge(
        _ update: IncomingUpdate, _ mode: DeltaMode, _ failure: Failure?, evictingBefore sequence: UInt64
    ) throws(Failure) -> Judgement {
        let known = replica.sources.recall(update.source)
        if let known, let refused = replica.refused,
            let position = refused.find(Dot(source: known, version: update.version)), refused[position].reason != 0
        {
            replica.counters.repeated &+= 1
            return .refusedBefore(position)
        }
        let accept = replica.configuration.accept
        guard failure != nil || accept != nil || replica.isBounded else { return .accepted }
        if failure == nil { try replica.check(update, from: known) }
        try Limits.check(clockOf: update.source, at: update.version)
        try Limits.check(clockOf: update.writer, at: update.writtenVersion)
        try replica.checkIdentity(of: known, claims: update.version)
        try replica.checkJump(to: update.version)
        // A known update, or one that loses to an entry, is accounted for and needs no judgement. But if its dot is
        // newer than the winner's, other replicas hold the update as the entry of its key, so it is an exception.
        if isOld(update, known, mode) {
            guard failure != nil else { return .accepted }
            replica.counters.repeated &+= 1
            return .old
        }
        if let winner = winner(over: update), failure == nil || winner.version > update.version {
            guard failure != nil else { return .accepted }
            replica.settleException(update)
            return beaten()
        }
        var failure = failure
        if failure == nil, replica.isBounded {
            failure = replica.overflow(by: update.key, update.value, isDelete: update.isDelete, of: index)
        }
        if failure == nil {
            guard let accept else { return .accepted }
            let offered = Update(
                key: update.key, value: update.value, source: update.writer, version: update.writtenVersion,
                kind: update.kind, dotSource: update.source, dotVersion: update.version)
            guard !accept(identity, offered) else { return .accepted }
        }
        // Of two contents of one dot the entry stands, because an exception is no entry.
        if let known, replica.entry(of: Dot(source: known, version: update.version)) != nil { return beaten() }
        // The retired table has no exceptions. Such an update arrives with a contents delta, which is rare.
        guard known != nil || update.version > replica.retiredVersion(of: update.source) else { return beaten() }
        let reason = failure ?? Failure(.refused, "accept has refused an update")
        let id = try replica.sourceID(for: update.source)
        let write = RefusedTable.Write(
            key: replica.keys.hash(of: update.key),
            timestamp: Timestamp(version: update.writtenVersion, source: try replica.sourceID(for: update.writer)),
            isDelete: update.isDelete)
        if update.version <= replica.sources[id].covered {
            replica.settleExceptions(by: write, Dot(source: id, version: update.version))
        }
        let isNoted = replica.noteException(
            Dot(source: id, version: update.version), reason: UInt8(truncatingIfNeeded: -reason.code.rawValue), write,
            evictingBefore: sequence)
        guard isNoted, let refused = replica.refused else {
            throw end(
                .refused,
                Failure(.refused, "more updates are refused than max_refused, \(replica.configuration.maxRefused)"))
        }
        replica.counters.refused &+= 1
        return .refused(refused.count - 1, reason)
    }

    private func beaten() -> Judgement {
        replica.counters.superseded &+= 1
        return .beaten
    }

    /// Whether the replica has an update already: the same content, or another entry with its dot. A contents delta
    /// claims no vector.
    @inline(never)
    private func isOld(_ update: IncomingUpdate, _ known: SourceID?, _ mode: DeltaMode) -> Bool {
        guard let known else {
            return mode.claimsVector && update.version <= replica.retiredVersion(of: update.source)
        }
        if let held = replica.entry(of: Dot(source: known, version: update.version)) {
            return update.hasContent(of: held)
        }
        return mode.claimsVector && update.version <= replica.sources[known].covered
            && !replica.isMissing(known, update.version)
    }

    @inline(never)
    private func winner(over update: IncomingUpdate) -> Record? {
        guard case .lastWriter = replica.configuration.resolver, let entry = replica.entry(of: update.key) else {
            return nil
        }
        guard replica.isTimestamp(of: update, entry) else { return replica.precedes(update, entry) ? entry : nil }
        // An expiry, or an equivocation.
        let order = Store.tieBreak(update.kind, update.value, against: entry.kind, entry.value)
        return order > 0 ? nil : entry
    }

    /// Whether an update of the classic dialect is refused. That dialect has no deltas, and its peer is not told.
    /// - Throws: the error of a new refusal.
    @inline(never)
    func isRefused(_ update: IncomingUpdate, _ failure: Failure? = nil) throws(Failure) -> Bool {
        switch try judge(update, .contents, failure, evictingBefore: .max) {
        case .accepted: return false
        case .old, .beaten, .refusedBefore: return true
        case .refused(_, let reason): throw reason
        }
    }
}

extension Store {
    /// Drops the exception of an update that was accepted, beaten or known.
    @inline(never)
    func settleException(_ update: IncomingUpdate) {
        guard refused != nil, let id = sources.find(update.source) else { return }
        dropException(Dot(source: id, version: update.version))
    }
}
