/// The peer's exceptions: updates that the peer has not accepted, though its vector may cover them.
extension ExtendedSession {
    /// Applies the exceptions that the peer names to its vector.
    /// - Throws: `.id`, `.nul`, `.version`.
    func receive(refused claims: [ExceptionClaim], isAnew: Bool) throws(Failure) {
        guard isAddressed else { return }
        for claim in claims { try Limits.check(clockOf: claim.source, at: claim.version) }
        if isAnew {
            // A tombstone on the old list is not stable before the whole new list and the vector behind it have
            // arrived.
            if let before = memory?.exceptions { memory?.exceptionsBefore = before }
            memory?.exceptions = nil
            memory?.exceptsEnded = false
            memory?.exceptsPurged = false
        }
        for claim in claims {
            guard let id = replica.sources.find(claim.source) else {
                noteEnded(claim)
                continue
            }
            let dot = Dot(source: id, version: claim.version)
            note(dot, reason: claim.reason)
            guard claim.reason != 0, let record = replica.entry(of: dot), replica.isFirstReport(peerName, dot) else {
                continue
            }
            reportRefused(record, reason: Int32(claim.reason))
        }
    }

    private func note(_ dot: Dot, reason: UInt8) {
        let memory = remembering()
        let table = memory.exceptions ?? RefusedTable()
        memory.exceptions = table
        if !isReadOnly { replica.peersHaveExceptions = true }
        if let position = table.find(dot) {
            guard table[position].reason != reason else { return }
            table.remove(at: position)
        }
        // A missing update has to be sent, so it has precedence over a refused one.
        if table.count >= replica.configuration.maxRefused {
            guard reason == 0, let other = table.positionOfRefused else { return }
            table.remove(at: other)
        }
        table.insert(dot, reason: reason)
    }

    /// Notes an exception of a source that is retired here. This replica accounts for it.
    private func noteEnded(_ claim: ExceptionClaim) {
        guard replica.retired.liveCount > 0, let position = replica.retired.find(SourceHash(of: claim.source)),
            claim.version <= replica.retired[position].version
        else { return }
        let memory = remembering()
        memory.exceptsEnded = true
        if claim.version <= replica.retired[position].purged { memory.exceptsPurged = true }
    }

    /// Reports to the host that the peer has refused an update.
    func reportRefused(_ record: Record, reason: Int32) {
        replica.counters.refusedByPeers &+= 1
        let code = Failure.Code(rawValue: -reason).flatMap { RefusedTable.reasons.contains($0) ? $0 : nil } ?? .refused
        replica.configuration.onRefused?(context.identity, replica.update(of: record), code.rawValue)
    }

    private func exception(_ record: Record) -> UInt8? {
        guard let exceptions = memory?.exceptions, let position = exceptions.find(record.dot) else { return nil }
        return exceptions[position].reason
    }

    /// Whether the peer has named exceptions.
    var hasExceptions: Bool { memory?.exceptions ?? memory?.exceptionsBefore != nil }

    /// Whether an entry is an exception of the peer's.
    @inline(never)
    func isExcepted(_ record: Record) -> Bool {
        exception(record) != nil || memory?.exceptionsBefore?.find(record.dot) != nil
    }

    /// Whether the peer may accept a winner under a new dot, if it holds the loser. It may not if it has refused this
    /// dot; nor if it received the winner under a new dot before, which it may have refused and accounted for since.
    @inline(never)
    func mayAccept(_ winner: Record) -> Bool {
        !isExcepted(winner) && !(memory?.givenAgain.contains(replica.mark(of: winner.timestamp)) ?? false)
    }

    /// Notes that the peer receives a write under a new dot. A peer that refuses updates receives each write so once.
    @inline(never)
    func noteGivenAgain(_ winner: Record) {
        guard let memory, memory.exceptions != nil else { return }
        if memory.givenAgain.count == LinkMemory.maxGivenAgain { memory.givenAgain.removeFirst() }
        memory.givenAgain.append(replica.mark(of: winner.timestamp))
    }

    /// Whether the peer has refused an update. It is not sent again.
    @inline(never)
    func isSkipped(_ record: Record) -> Bool {
        exception(record).map { $0 != 0 } ?? false
    }

    /// Whether the peer's vector covers an update that it lacks.
    @inline(never)
    func isWanted(_ record: Record) -> Bool {
        exception(record) == 0
    }

    /// Whether a tombstone that was purged here may have been among the exceptions of the peer. Notes for the next
    /// commit the exceptions that this replica accounts for without an entry.
    @inline(never)
    func lagsByExceptions() -> Bool {
        guard let memory else { return false }
        var lags = memory.exceptsPurged
        memory.accounted = []
        guard let exceptions = memory.exceptions else { return lags }
        for position in 0..<exceptions.count {
            let dot = exceptions[position].dot
            guard isAccounted(dot) else { continue }
            if dot.version <= replica.sources[dot.source].purged { lags = true }
            memory.accounted.append(dot)
        }
        // A reset accounts for all that its commit does not except.
        if lags { memory.accounted = [] }
        return lags
    }

    private func isAccounted(_ dot: Dot) -> Bool {
        dot.version <= replica.sources[dot.source].covered && !replica.isException(dot) && replica.entry(of: dot) == nil
    }

    /// Drops the exceptions that a commit has settled: those that a reset accounts for, and those whose update was
    /// sent. The peer may name them again.
    @inline(never)
    func dropSettledExceptions(in mode: DeltaMode) {
        guard let memory else { return }
        if mode == .reset {
            memory.exceptsEnded = false
            memory.exceptsPurged = false
        }
        guard let exceptions = memory.exceptions, mode == .state || mode == .reset else { return }
        for position in stride(from: exceptions.count - 1, through: 0, by: -1) {
            let exception = exceptions[position]
            let isSaid =
                replica.entry(of: exception.dot) != nil
                ? exception.reason == 0 : mode == .reset && isAccounted(exception.dot)
            if isSaid { exceptions.remove(at: position) }
        }
    }

    /// The sequences of the entries that the peer's vector covers and that it lacks, in order.
    var wantedArrivals: [Arrivals.Sequence] {
        guard let exceptions = memory?.exceptions else { return [] }
        var arrivals: [Arrivals.Sequence] = []
        for position in 0..<exceptions.count where exceptions[position].reason == 0 {
            if let record = replica.entry(of: exceptions[position].dot) { arrivals.append(record.arrival) }
        }
        return arrivals.arranged { $0 < $1 }
    }

    // MARK: Exceptions in commits

    /// Returns the exceptions in the peer's commit whose sources are known here.
    func exceptions(of claims: [ExceptionClaim]) -> [CommitException] {
        claims.compactMap { claim in
            replica.sources.find(claim.source).map {
                CommitException(dot: Dot(source: $0, version: claim.version), isAccounted: claim.reason != 0)
            }
        }
    }

    /// A fingerprint that changes with `exceptions`.
    var exceptionsFingerprint: UInt64 {
        PendingControl.fingerprint(
            (withheld?.changes ?? 0) &+ (memory?.accountedChanges ?? 0) << 32,
            replica.refused?.lastSequence ?? replica.exceptionSequence, replica.endedExceptions)
    }

    /// The exceptions of the next commit: those of this replica, the withheld updates of this delta, and the exceptions
    /// of the peer's that this replica accounts for.
    var exceptions: [CommitException] {
        var exceptions: [CommitException] = []
        withheld?.forEach { exceptions.append(CommitException(dot: $0.dot, isAccounted: false)) }
        if let refused = replica.refused {
            for position in 0..<refused.count where refused[position].announcedAt > 0 {
                exceptions.append(CommitException(dot: refused[position].dot, isAccounted: false))
            }
        }
        for dot in memory?.accounted ?? [] { exceptions.append(CommitException(dot: dot, isAccounted: true)) }
        return exceptions
    }
}
