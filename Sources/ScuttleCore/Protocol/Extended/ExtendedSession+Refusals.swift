/// Updates that this replica refuses, and the messages about them. See `Store+Refusing`.
extension ExtendedSession {
    // MARK: Updates of the peer

    /// Handles an update that was readable and that a limit of the decoder rejects.
    /// - Throws: `failure`, if it is new; otherwise the errors of any update.
    func receive(refused update: IncomingUpdate, _ failure: Failure, _ line: Bytes) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a peer sent an update on a read-only link") }
        guard !incoming.isDropped else { return }
        guard let head = incoming.head else { throw Failure(.unasked, "an update belongs to no delta") }
        incoming.note(line: line)
        try receive(refused: update, head, failure)
    }

    /// The same for a limit of the core.
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

    /// Excludes a rejected update from the claims of its delta. A refused update is an exception instead.
    @inline(never)
    func exclude(_ update: IncomingUpdate) {
        if let id = replica.sources.find(update.source) {
            guard !replica.isException(Dot(source: id, version: update.version)) else { return }
            incoming.exclude(id)
        } else {
            incoming.excludesAll = true
        }
    }

    /// Whether an update is refused: it was refused before, or a limit rejects it, or the host refuses it. Notes an
    /// exception.
    /// - Parameter failure: the error of a limit.
    /// - Throws: the reason, if the refusal is new; `.refused`, which ends the link, if the table of exceptions is
    ///   full; and the errors of `Store.take`.
    @inline(never)
    func isRefused(
        _ update: IncomingUpdate, _ head: IncomingDelta.Head, _ failure: Failure? = nil
    ) throws(Failure) -> Bool {
        switch try context.judge(update, head.mode, failure, evictingBefore: incoming.exceptionsBefore) {
        case .accepted: return false
        case .old: return true
        case .beaten:
            incoming.pending.leaveOut()
            return true
        case .refusedBefore(let position):
            noteRefused(update, at: position, head)
            return true
        case .refused(let position, let reason):
            noteRefused(update, at: position, head)
            throw reason
        }
    }

    /// Notes a refused update that has arrived, perhaps again. The peer's entry of its key does not tell anything about
    /// the entry here.
    @inline(never)
    private func noteRefused(_ update: IncomingUpdate, at position: Int, _ head: IncomingDelta.Head) {
        guard let refused = replica.refused else { return }
        refused.noteNamed(at: position)
        incoming.pending.leaveOut()
        if refused[position].announcedAt > memory?.sentRefused ?? 0 { pending.sendsRefused = true }
        incoming.note(refused: refused[position].dot)
        if head.mode.isWhole { noteKept(update, head, isHere: true) }
    }

    // MARK: Messages to the peer

    /// Appends a `refused` message with the next exceptions for the peer. False if nothing fits.
    func appendRefused(_ budget: SendBudget) -> Bool {
        let memory = remembering()
        var sent = memory.sentRefused
        var entries: [RefusedTable.Entry] = []
        while entries.count < Self.exceptionsOfLine, let entry = replica.refused?.next(after: sent) {
            entries.append(entry)
            sent = entry.announcedAt
        }
        let isAppended = context.append(within: budget) { line in
            line.beginRefused()
            for (index, entry) in entries.enumerated() {
                line.appendException(
                    self.replica.sources[entry.dot.source], entry.dot.version, entry.reason, isFirst: index == 0)
            }
            line.appendRefusedEnd(isAnew: memory.sendsRefusedAnew)
        }
        guard isAppended else { return false }
        (memory.sentRefused, memory.sendsRefusedAnew) = (sent, false)
        noteUnsentRefusals()
        return true
    }

    /// Notes whether a `refused` message is pending: for exceptions that the vector covers and that were not sent, or
    /// for all anew.
    func noteUnsentRefusals() {
        pending.sendsRefused =
            memory?.sendsRefusedAnew ?? false || replica.refused?.next(after: memory?.sentRefused ?? 0) != nil
    }

    /// The maximum number of exceptions in a line: a small datagram has space for them.
    static var exceptionsOfLine: Int { 6 }

    /// Prepares `refused` messages before a vector, which covers exceptions: the peer has to know them. All are sent
    /// anew if some are settled or missing, in datagrams, and to a peer that has lost its state of this replica.
    /// - Parameter isRequested: the vector is not sent because of a window.
    func prepareRefused(isRequested: Bool) {
        guard replica.refused != nil || memory?.hasSentRefused ?? false else { return }
        let memory = remembering()
        let knowsNothing = pending.peerHas == 0 && memory.sentRefused > 0
        let hasChanged = memory.sentOver != replica.endedExceptions || replica.refused?.missingCount ?? 0 > 0
        if context.transport.keepsOrder ? knowsNothing || hasChanged : isRequested {
            (memory.sentOver, memory.sentRefused, memory.sendsRefusedAnew) = (replica.endedExceptions, 0, true)
        }
        noteUnsentRefusals()
    }
}
