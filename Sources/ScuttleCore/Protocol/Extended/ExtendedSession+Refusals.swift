/// Updates that this replica does not take, and how the peer hears of them. See `Store+Refusing`.
extension ExtendedSession {
    // MARK: Updates that come in

    /// An update that could be read, and that a limit of the decoder refuses.
    /// - Throws: the failure, if it is news; otherwise as for any update.
    func receive(refused update: IncomingUpdate, _ failure: Failure, _ line: Bytes) throws(Failure) {
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
    ///   `Store.take`.
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

    /// A refused update is here, perhaps once more: what the peer holds of its key says nothing of the entry here.
    @inline(never)
    private func noteRefused(_ update: IncomingUpdate, at position: Int, _ head: IncomingDelta.Head) {
        guard let refused = replica.refused else { return }
        refused.noteNamed(at: position)
        incoming.pending.leaveOut()
        if refused[position].serial > memory?.sentRefused ?? 0 { pending.sendsRefused = true }
        incoming.note(refused: refused[position].dot)
        if head.mode.isWhole { noteKept(update, head, isHere: true) }
    }

    // MARK: Telling the peer

    /// The next exceptions that the peer has not been told of, in one line; false if nothing fits.
    func appendRefused(_ budget: SendBudget) -> Bool {
        let memory = remembering()
        var sent = memory.sentRefused
        var entries: [RefusedTable.Entry] = []
        while entries.count < Self.exceptionsOfLine, let entry = replica.refused?.next(after: sent) {
            entries.append(entry)
            sent = entry.serial
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

    /// Notes whether a `refused` message is to go out: exceptions that the vector covers are untold, or all are to be told anew.
    func noteUnsentRefusals() {
        pending.sendsRefused =
            memory?.sendsRefusedAnew ?? false || replica.refused?.next(after: memory?.sentRefused ?? 0) != nil
    }

    /// So many fit into the smallest datagram that a host has use for.
    static var exceptionsOfLine: Int { 6 }

    /// A vector goes out, which covers exceptions: the peer has to know them. All of them are said anew if some are over or
    /// missing, in datagrams, and to a peer that knows nothing of this replica any more.
    /// - Parameter isRequested: it does not say what has come of a window.
    func prepareRefused(isRequested: Bool) {
        guard replica.refused != nil || memory?.hasSentRefused ?? false else { return }
        let memory = remembering()
        let knowsNothing = pending.peerHas == 0 && memory.sentRefused > 0
        let hasChanged = memory.sentOver != replica.exceptionsOver || replica.refused?.missingCount ?? 0 > 0
        if context.transport.keepsOrder ? knowsNothing || hasChanged : isRequested {
            (memory.sentOver, memory.sentRefused, memory.sendsRefusedAnew) = (replica.exceptionsOver, 0, true)
        }
        noteUnsentRefusals()
    }
}
