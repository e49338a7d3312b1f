/// Updates that this replica does not take, and how the peer hears of them. See `Replica+Refusing`.
extension Link {
    // MARK: Updates that come in

    /// An update that could be read, and that a limit of the decoder refuses.
    /// - Throws: the failure, if it is news; otherwise as for any update.
    public func receive(refused update: IncomingUpdate, _ code: Failure.Code, _ line: Bytes) throws(Failure) {
        let failure = replica.configuration.limits.failure(of: update, code)
        guard case .extended = dialect else { return try receiveClassic(refused: update, failure) }
        guard !isReadOnly else { throw Failure(.readOnly, "an update came in on a read-only link") }
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
            exclude(update)
            throw ending(error)
        }
    }

    /// The delta does not vouch for an update that was rejected. One that was refused is remembered as an exception.
    @inline(never)
    func exclude(_ update: IncomingUpdate) {
        if let id = replica.sources.find(update.source) {
            guard !replica.isException(Dot(source: id, version: update.version)) else { return }
            incoming.exclude(id)
        } else {
            incoming.excludesAll = true
        }
    }

    /// Whether an update is not taken: it was refused before, a limit refuses it, or the host does. It is remembered.
    /// - Parameter failure: what a limit has said.
    /// - Throws: why it is refused, if that is news; `.refused`, which ends the link, if no more can be remembered; and as
    ///   `Replica.take`.
    @inline(never)
    func isRefused(
        _ update: IncomingUpdate, _ head: IncomingDelta.Head, _ failure: Failure? = nil
    ) throws(Failure) -> Bool {
        switch try judge(update, head.mode, failure, evictingBefore: incoming.exceptionsBefore) {
        case .taken: return false
        case .old: return true
        case .beaten:
            incoming.leaveOut()
            return true
        case .refusedBefore(let position):
            noteRefused(update, at: position, head)
            return true
        case .refused(let position, let reason):
            noteRefused(update, at: position, head)
            throw reason
        }
    }

    /// The same in the classic dialect, which has no deltas and tells no peer.
    @inline(never)
    func isRefusedClassic(_ update: IncomingUpdate, _ failure: Failure? = nil) throws(Failure) -> Bool {
        switch try judge(update, .contents, failure, evictingBefore: .max) {
        case .taken: return false
        case .old, .beaten, .refusedBefore: return true
        case .refused(_, let reason): throw reason
        }
    }

    /// What becomes of an update that may be refused.
    private enum Judgement {
        case taken
        /// It has been here.
        case old
        /// An entry or the hash of its source accounts for it.
        case beaten
        /// An exception by number; of one that is new also why.
        case refusedBefore(Int)
        case refused(Int, Failure)
    }

    @inline(never)
    private func judge(
        _ update: IncomingUpdate, _ mode: DeltaMode, _ failure: Failure?, evictingBefore clock: UInt64
    ) throws(Failure) -> Judgement {
        let known = replica.sources.recall(update.source)
        if let known, let refused = replica.refused,
            let position = refused.find(Dot(source: known, version: update.version)), refused[position].reason != 0
        {
            return .refusedBefore(position)
        }
        let accept = replica.configuration.accept
        guard failure != nil || accept != nil || replica.isBounded else { return .taken }
        if failure == nil { try replica.check(update, from: known) }
        try Limits.check(clockOf: update.source, at: update.version)
        try Limits.check(clockOf: update.writer, at: update.writtenVersion)
        try replica.checkIdentity(of: known, claims: update.version)
        try replica.checkJump(to: update.version)
        // What is old, or loses to what is here, is accounted for, whatever this replica thinks of it. Others take an update with a
        // newer dot than its winner's for what stands, so that is an exception.
        guard !isOld(update, known, mode) else { return failure == nil ? .taken : .old }
        if let winner = winner(over: update), failure == nil || winner.version > update.version {
            guard failure != nil else { return .taken }
            settleException(update)
            return .beaten
        }
        var failure = failure
        if failure == nil, replica.isBounded {
            failure = replica.overflow(by: update.key, update.value, isDelete: update.isDelete, on: self)
        }
        if failure == nil {
            guard let accept else { return .taken }
            let asked = Update(
                key: update.key, value: update.value, source: update.writer, version: update.writtenVersion,
                kind: update.kind, dotSource: update.source, dotVersion: update.version)
            guard !accept(self, asked) else { return .taken }
        }
        // Of two contents of one dot the entry stands, since an exception is no entry.
        if let known, replica.entry(of: Dot(source: known, version: update.version)) != nil { return .beaten }
        // Of a source that is known by its hash alone nothing is remembered. It comes with contents, and so once for each of them.
        guard known != nil || update.version > replica.retiredVersion(of: update.source) else { return .beaten }
        let reason = failure ?? Failure(.refused, "the host does not accept an update")
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
            evictingBefore: clock)
        guard isNoted, let refused = replica.refused else {
            throw end(.refused, Failure(.refused, "more updates are refused than max_refused"))
        }
        return .refused(refused.count - 1, reason)
    }

    /// Whether nothing comes of an update, since it has been here: as it is, or another one with its dot that stands. Contents have
    /// no vector.
    @inline(never)
    private func isOld(_ update: IncomingUpdate, _ known: SourceID?, _ mode: DeltaMode) -> Bool {
        guard let known else {
            return mode != .contents && update.version <= replica.retiredVersion(of: update.source)
        }
        if let held = replica.entry(of: Dot(source: known, version: update.version)) {
            return update.hasContent(of: held)
        }
        return mode != .contents && update.version <= replica.sources[known].covered
            && !replica.isMissing(known, update.version)
    }

    @inline(never)
    private func winner(over update: IncomingUpdate) -> Record? {
        guard case .lastWriter = replica.configuration.resolver, let entry = replica.entry(of: update.key) else {
            return nil
        }
        guard replica.isTimestamp(of: update, entry) else { return replica.precedes(update, entry) ? entry : nil }
        // An expiry, or two contents of one write.
        let order = Replica.tieBreak(update.kind, update.value, against: entry.kind, entry.value)
        return order > 0 ? nil : entry
    }

    /// A refused update is here, perhaps once more: what the peer holds of its key says nothing of the entry here.
    @inline(never)
    private func noteRefused(_ update: IncomingUpdate, at position: Int, _ head: IncomingDelta.Head) {
        guard let refused = replica.refused else { return }
        refused.noteNamed(at: position)
        incoming.leaveOut()
        if refused[position].serial > memory?.toldRefused ?? 0 { pending.tellsRefused = true }
        incoming.note(refused: refused[position].dot)
        if head.mode.isWhole { noteKept(update, head, isHere: true) }
    }

    /// An update was taken, beaten or known: it is no exception.
    @inline(never)
    func settleException(_ update: IncomingUpdate) {
        guard replica.refused != nil, let id = replica.sources.find(update.source) else { return }
        replica.dropException(Dot(source: id, version: update.version))
    }

    // MARK: Telling the peer

    /// The next exceptions that the peer has not been told of, in one line; false if nothing fits.
    func appendRefused(_ budget: SendBudget) -> Bool {
        let memory = remembering()
        var told = memory.toldRefused
        var entries: [RefusedTable.Entry] = []
        while entries.count < Self.exceptionsOfLine, let entry = replica.refused?.next(after: told) {
            entries.append(entry)
            told = entry.serial
        }
        let isAppended = append(within: budget) { line in
            line.beginRefused()
            for (index, entry) in entries.enumerated() {
                line.appendException(
                    self.replica.sources[entry.dot.source], entry.dot.version, entry.reason, isFirst: index == 0)
            }
            line.appendRefusedEnd(isAnew: memory.tellsAnew)
        }
        guard isAppended else { return false }
        (memory.toldRefused, memory.tellsAnew) = (told, false)
        noteUntold()
        return true
    }

    /// Notes whether a `refused` message is to go out: exceptions that the vector covers are untold, or all are to be told anew.
    func noteUntold() {
        pending.tellsRefused =
            memory?.tellsAnew ?? false || replica.refused?.next(after: memory?.toldRefused ?? 0) != nil
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
        let hasChanged = memory.toldOver != replica.exceptionsOver || replica.refused?.missingCount ?? 0 > 0
        if isDatagram ? isRequested : knowsNothing || hasChanged {
            (memory.toldOver, memory.toldRefused, memory.tellsAnew) = (replica.exceptionsOver, 0, true)
        }
        noteUntold()
    }
}
