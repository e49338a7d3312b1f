/// Refusals on a link: what this replica does not take, what the peer has not taken, and what fits no datagram. See
/// `Replica+Refusing`.
extension Link {
    // MARK: Updates that come in

    /// An update that could be read, and that a limit of the decoder refuses.
    /// - Throws: the failure, where it is news; otherwise as for any update.
    @_optimize(size)
    public func receive(refused update: IncomingUpdate, _ code: Failure.Code, _ line: Bytes) throws(Failure) {
        let failure = replica.configuration.limits.failure(of: update, code)
        guard case .extended = dialect else { throw failure }
        guard !options.contains(.readOnly) else { throw Failure(.readOnly, "an update came in on a read-only link") }
        guard !incoming.isDropped else { return }
        guard let head = incoming.head else { throw Failure(.unasked, "an update belongs to no delta") }
        incoming.note(line: line)
        try receive(refused: update, head, failure)
    }

    /// The same for one that a limit of the core refuses.
    @inline(never)
    func receive(refused update: IncomingUpdate, _ head: IncomingDelta.Head, _ failure: Failure) throws(Failure) {
        do throws(Failure) {
            guard try !isRefusedAsStale(update, head) else { return }
            _ = try isRefused(update, head, failure)
        } catch {
            if error.code != failure.code { exclude(update) }
            throw ending(error)
        }
    }

    /// The delta does not vouch for an update that was rejected.
    @inline(never)
    func exclude(_ update: IncomingUpdate) {
        if let id = replica.sources.find(update.source) {
            incoming.exclude(id)
        } else {
            incoming.excludesAll = true
        }
    }

    /// Whether an update is not taken: it was refused before, a limit refuses it, or the host does. It is remembered.
    /// - Parameter failure: what a limit has said.
    /// - Throws: why it is refused, where that is news; `.refused`, which ends the link, where no more can be remembered; and as
    ///   `Replica.take`.
    @_optimize(size)
    @inline(never)
    func isRefused(
        _ update: IncomingUpdate, _ head: IncomingDelta.Head, _ failure: Failure? = nil
    ) throws(Failure) -> Bool {
        let known = replica.sources.recall(update.source)
        if let known, let refused = replica.refused,
            let position = refused.find(Dot(source: known, version: update.version)), refused[position].reason != 0
        {
            noteRefused(update, at: position, head)
            return true
        }
        let accept = replica.configuration.accept
        guard failure != nil || accept != nil else { return false }
        if failure == nil { try replica.check(update, from: known) }
        try Limits.check(clockOf: update.source, at: update.version)
        try Limits.check(clockOf: update.writer, at: update.writtenVersion)
        try replica.checkIdentity(of: known, claims: update.version)
        try replica.checkJump(to: update.version)
        // What is old, or loses to what is here, is accounted for, whatever this replica thinks of it. Others take an update with a
        // newer dot than its winner's for what stands, so that is an exception.
        guard !isOld(update, known, head.mode) else { return failure != nil }
        if let winner = winner(over: update), failure == nil || winner.version > update.version {
            guard failure != nil else { return false }
            incoming.leaveOut()
            settleException(update)
            return true
        }
        if failure == nil, let accept {
            let asked = Update(
                key: update.key, value: update.value, source: update.writer, version: update.writtenVersion,
                kind: update.kind, dotSource: update.source, dotVersion: update.version)
            guard !accept(self, asked) else { return false }
        }
        // Of a source that is known by its hash alone nothing is remembered. It comes with contents, and so once for each of them.
        guard known != nil || update.version > replica.retiredVersion(of: update.source) else {
            incoming.leaveOut()
            return true
        }
        let reason = failure ?? Failure(.refused, "the host does not accept an update")
        let id = try replica.sourceID(for: update.source)
        let timestamp = Timestamp(version: update.writtenVersion, source: try replica.sourceID(for: update.writer))
        let key = replica.keys.hash(of: update.key)
        if update.version <= replica.sources[id].covered {
            replica.settleExceptions(of: key, by: timestamp, Dot(source: id, version: update.version))
        }
        let isNoted = replica.noteException(
            Dot(source: id, version: update.version), reason: UInt8(truncatingIfNeeded: -reason.code.rawValue),
            key: key, timestamp: timestamp, evictingBefore: incoming.exceptionsBefore)
        guard isNoted, let refused = replica.refused else {
            throw end(.refused, Failure(.refused, "more updates are refused than max_refused"))
        }
        noteRefused(update, at: refused.count - 1, head)
        throw reason
    }

    /// Whether nothing comes of an update, since it has been here: as it is, or another one with its dot that stands. Contents have
    /// no vector.
    @inline(never)
    private func isOld(_ update: IncomingUpdate, _ known: SourceID?, _ mode: DeltaMode) -> Bool {
        guard let known else {
            return mode != .contents && update.version <= replica.retiredVersion(of: update.source)
        }
        if let held = entry(of: Dot(source: known, version: update.version)) {
            return held.kind == update.kind && held.key.equals(update.key) && held.value.equals(update.value)
        }
        return mode != .contents && update.version <= replica.sources[known].covered
            && !replica.isMissing(known, update.version)
    }

    @inline(never)
    private func winner(over update: IncomingUpdate) -> Record? {
        guard case .lastWriter = replica.configuration.resolver, let key = replica.keys.find(update.key),
            let entry = replica.keys[key]
        else { return nil }
        let timestamp = entry.timestamp
        if timestamp.version != update.writtenVersion {
            return timestamp.version > update.writtenVersion ? entry : nil
        }
        let writer = replica.sources[timestamp.source].id
        guard writer.equals(update.writer) else { return writer.precedes(update.writer) ? nil : entry }
        // An expiry, or two contents of one write.
        let order = Replica.tieBreak(update.kind, update.value, against: entry.kind, entry.value)
        return order > 0 ? nil : entry
    }

    /// A refused update is here, perhaps once more: what the peer holds of its key says nothing of the entry here.
    @inline(never)
    private func noteRefused(_ update: IncomingUpdate, at position: Int, _ head: IncomingDelta.Head) {
        guard let refused = replica.refused else { return }
        incoming.leaveOut()
        if refused[position].serial > memory?.toldRefused ?? 0 { pending.tellsRefused = true }
        guard head.mode.isWhole else { return }
        incoming.note(refused: refused[position].dot)
        if let key = replica.keys.find(update.key), let entry = replica.keys[key] { incoming.note(key, entry.arrival) }
    }

    /// An update was taken, beaten or known: it is no exception.
    @inline(never)
    func settleException(_ update: IncomingUpdate) {
        guard replica.refused != nil, let id = replica.sources.find(update.source) else { return }
        replica.dropException(Dot(source: id, version: update.version))
    }

    // MARK: Telling the peer

    /// The next exceptions that the peer has not been told of, in one line; false where nothing fits.
    @_optimize(size)
    func appendRefused(_ room: Room) -> Bool {
        let memory = remembering()
        var told = memory.toldRefused
        var entries: [RefusedTable.Entry] = []
        while entries.count < Self.exceptionsOfLine, let entry = replica.refused?.next(after: told) {
            entries.append(entry)
            told = entry.serial
        }
        let isAppended = append(within: room) { line in
            line.beginRefused()
            for (index, entry) in entries.enumerated() {
                line.appendException(
                    self.replica.sources[entry.dot.source].quoted, entry.dot.version, entry.reason, isFirst: index == 0)
            }
            line.put(memory.tellsAnew ? "],\"anew\":true}\n" : "]}\n")
        }
        guard isAppended else { return false }
        (memory.toldRefused, memory.tellsAnew) = (told, false)
        pending.tellsRefused = replica.refused?.next(after: told) != nil
        return true
    }

    /// So many fit into the smallest datagram that a host has use for.
    static var exceptionsOfLine: Int { 6 }

    /// A vector goes out, which covers exceptions: the peer has to know them. All of them are said anew if some are over or
    /// missing, in datagrams, and to a peer that knows nothing of this replica any more.
    /// - Parameter isRequested: it does not say what has come of a window.
    func tellExceptions(isRequested: Bool) {
        guard replica.refused != nil || memory?.hasTold ?? false else { return }
        let memory = remembering()
        let knowsNothing = pending.peerHas == 0 && memory.toldRefused > 0
        let hasChanged = memory.toldOver != replica.exceptionsOver || replica.refused?.isMissingAny ?? false
        if isDatagram ? isRequested : knowsNothing || hasChanged {
            (memory.toldOver, memory.toldRefused, memory.tellsAnew) = (replica.exceptionsOver, 0, true)
        }
        pending.tellsRefused = memory.tellsAnew || memory.toldRefused < replica.refused?.serial ?? 0
    }

    // MARK: What the peer has not taken

    /// The peer names exceptions to its vector.
    /// - Throws: `.id`, `.nul`, `.version`, and what ended the link.
    @_optimize(size)
    public func receive(refused claims: [ExceptionClaim], isAnew: Bool) throws(Failure) {
        guard try speaksExtended() else { return }
        for claim in claims { try Limits.check(clockOf: claim.source, at: claim.version) }
        if isAnew {
            // Until the whole list has come, and the vector behind it, a tombstone on the old one is not stable.
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
            guard claim.reason != 0, let record = entry(of: dot), replica.isToTell(peerName, dot, claim.reason) else {
                continue
            }
            tellRefused(record, reason: Int32(claim.reason))
        }
    }

    @_optimize(size)
    private func note(_ dot: Dot, reason: UInt8) {
        let memory = remembering()
        let table = memory.exceptions ?? RefusedTable()
        (memory.exceptions, replica.hasHeardExceptions) = (table, true)
        if let position = table.find(dot) {
            guard table[position].reason != reason else { return }
            table.remove(at: position)
        }
        // What is missing is to be sent, so it goes before what was refused.
        if table.count >= replica.configuration.maxRefused {
            guard reason == 0, let other = table.positionOfRefused else { return }
            table.remove(at: other)
        }
        table.insert(
            dot, reason: reason, key: 0, timestamp: Timestamp(version: dot.version, source: dot.source))
    }

    /// The peer has not taken an update of a source that is known here by its hash alone: it is accounted for.
    private func noteEnded(_ claim: ExceptionClaim) {
        guard replica.retired.liveCount > 0, let position = replica.retired.find(SourceHash(of: claim.source)),
            claim.version <= replica.retired[position].version
        else { return }
        let memory = remembering()
        memory.exceptsEnded = true
        if claim.version <= replica.retired[position].purged { memory.exceptsPurged = true }
    }

    /// The host hears that an update does not reach the peer.
    func tellRefused(_ record: Record, reason: Int32) {
        let code = Failure.Code(rawValue: -reason).flatMap { RefusedTable.reasons.contains($0) ? $0 : nil } ?? .refused
        replica.configuration.onRefused?(self, replica.update(of: record), code.rawValue)
    }

    @inline(never)
    private func entry(of dot: Dot) -> Record? {
        replica.sources[dot.source].entries.key(with: dot.version, of: dot.source, replica.keys).flatMap {
            replica.keys[$0]
        }
    }

    private func exception(_ record: Record) -> UInt8? {
        guard let exceptions = memory?.exceptions, let position = exceptions.find(record.dot) else { return nil }
        return exceptions[position].reason
    }

    /// The peer's vector covers an update that the peer has not taken.
    @inline(never)
    func isExcepted(_ record: Record) -> Bool {
        exception(record) != nil || memory?.exceptionsBefore?.find(record.dot) != nil
    }

    /// The peer has refused an update, which it does not get again.
    @inline(never)
    func isSkipped(_ record: Record) -> Bool {
        exception(record).map { $0 != 0 } ?? false
    }

    /// The peer's vector covers an update that it has not got.
    @inline(never)
    func isWanted(_ record: Record) -> Bool {
        exception(record) == 0
    }

    /// Whether a tombstone that has been forgotten here may have been among the exceptions of the peer. Those that are accounted
    /// for here, and held no more, are noted for the next commit.
    @_optimize(size)
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
        dot.version <= replica.sources[dot.source].covered && !replica.isException(dot) && entry(of: dot) == nil
    }

    /// A commit has gone out: the peer's exceptions that a reset accounts for are over, and so are those whose update it was sent,
    /// unless the peer names them again.
    @_optimize(size)
    @inline(never)
    func forgetSaid(in mode: DeltaMode) {
        guard let memory else { return }
        if mode == .reset {
            memory.exceptsEnded = false
            memory.exceptsPurged = false
        }
        guard let exceptions = memory.exceptions, mode == .state || mode == .reset else { return }
        for position in stride(from: exceptions.count - 1, through: 0, by: -1) {
            let exception = exceptions[position]
            let isSaid =
                entry(of: exception.dot) != nil ? exception.reason == 0 : mode == .reset && isAccounted(exception.dot)
            if isSaid { exceptions.remove(at: position) }
        }
    }

    /// When the entries arrived here that the peer's vector covers, and that it lacks, in order.
    @_optimize(size)
    var wantedArrivals: [Arrivals.Stamp] {
        guard let exceptions = memory?.exceptions else { return [] }
        var arrivals: [Arrivals.Stamp] = []
        for position in 0..<exceptions.count where exceptions[position].reason == 0 {
            if let record = entry(of: exceptions[position].dot) { arrivals.append(record.arrival) }
        }
        return arrivals.arranged { $0 < $1 }
    }

    // MARK: What a commit excepts

    /// What the peer's commit says of exceptions to sources that are known here.
    @_optimize(size)
    func exceptions(of claims: [ExceptionClaim]) -> [CommitException] {
        claims.compactMap { claim in
            replica.sources.find(claim.source).map {
                CommitException(dot: Dot(source: $0, version: claim.version), isAccounted: claim.reason != 0)
            }
        }
    }

    /// What this replica, or this delta, has left out, and what the peer has that is accounted for here: a commit names it.
    @_optimize(size)
    var exceptions: [CommitException] {
        var exceptions = withheld.map { CommitException(dot: $0, isAccounted: false) }
        if let refused = replica.refused {
            for position in 0..<refused.count {
                exceptions.append(CommitException(dot: refused[position].dot, isAccounted: false))
            }
        }
        for dot in memory?.accounted ?? [] { exceptions.append(CommitException(dot: dot, isAccounted: true)) }
        return exceptions
    }

    // MARK: Quiet gossip

    /// What both replicas are, as a mark.
    private func mark(_ memory: LinkMemory) -> UInt64 {
        PendingControl.mark(replica.vectorHash, replica.epoch, memory.peerAt)
    }

    /// Whether this replica had nothing to say to the peer when both were what they are now.
    func isQuiet(_ hello: Hello) -> Bool {
        guard replica.refused != nil || memory?.exceptions != nil else {
            memory?.peerAt = 0
            return false
        }
        let memory = remembering()
        memory.peerAt = FoldHash.fold(hello.hash ^ FoldHash.key.0, hello.epoch ^ FoldHash.key.1)
        (memory.questionAt, memory.questionRevision) = (mark(memory), hello.revision)
        return memory.questionAt == memory.quietAt
    }

    /// A delta had nothing to say: until one of both replicas changes, the next one would not have, either.
    func noteQuiet() {
        guard let memory, memory.questionAt == mark(memory), peer.revision >= memory.questionRevision else { return }
        memory.quietAt = memory.questionAt
    }

    /// This replica's vector has gone out, and not as the answer to a window.
    func noteAsked(_ nonce: UInt64) {
        guard let memory, memory.peerAt != 0 else { return }
        memory.asked = (nonce, mark(memory))
    }

    /// A whole delta has come for the latest vector, or a later one. If it has changed nothing, the next one would not, either:
    /// a request is not answered, until one of both replicas changes.
    @_optimize(size)
    @inline(never)
    func noteSettled(_ nonce: UInt64) {
        guard let memory, nonce >= memory.asked.nonce, memory.asked.mark == mark(memory) else { return }
        memory.settledAt = memory.asked.mark
    }

    /// Whether the peer has nothing to say to this replica.
    var isSettled: Bool {
        guard let memory, memory.peerAt != 0 else { return false }
        return memory.settledAt == mark(memory)
    }
}
