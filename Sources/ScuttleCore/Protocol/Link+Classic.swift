/// The classic dialect, simple-scuttle's own: digests ask, updates answer. Classic peers vouch for nothing and keep no order: see
/// docs/reference/protocol.md.
extension Link {
    /// - Throws: `.readOnly`, `.key`, `.keySize`, `.nul`, `.id`, `.version`, `.versionJump`, `.identity`, `.sources`,
    ///   `.corrupt`, `.refused`, `.protocolVersion` if the dialect is not let in, and what ended the link.
    /// - Parameter line: the update's, without its newline.
    @inline(__always)
    public func receive(_ update: IncomingUpdate, _ line: Bytes) throws(Failure) {
        if case .extended = dialect { return try receiveExtended(update, line) }
        try receiveClassic(update)
    }

    @inline(never)
    private func receiveClassic(_ update: IncomingUpdate) throws(Failure) {
        guard try takesClassic() else { return }
        let update = replica.unmasked(update)
        defer { if replica.hasSeenEquivocation { tellEquivocation() } }
        do throws(Failure) {
            if replica.isSelective, try isRefusedClassic(update) { return becomeClassic() }
            try replica.receive(update)
        } catch {
            guard error.code == .keySize else { throw error }
            return try receiveClassic(refused: update, error)
        }
        becomeClassic()
        if replica.isSelective { settleException(update) }
    }

    /// An update that a limit refuses. It covers nothing.
    @inline(never)
    func receiveClassic(refused update: IncomingUpdate, _ failure: Failure) throws(Failure) {
        guard try takesClassic() else { return }
        _ = try isRefusedClassic(update, failure)
    }

    /// Whether an update of the classic dialect counts. A datagram from before the peer's hello belongs to nothing.
    private func takesClassic() throws(Failure) -> Bool {
        guard try speaksClassic() else { return false }
        guard !isReadOnly else { throw Failure(.readOnly, "an update came in on a read-only link") }
        return true
    }

    /// The peer has a source up to `version`, and wants what is above.
    /// - Throws: `.id`, `.nul`, `.version`, `.identity`, `.protocolVersion`, and what ended the link.
    public func receiveDigest(of source: Bytes, at version: Version) throws(Failure) {
        try Limits.check(clockOf: source, at: version)
        guard try speaksClassic() else { return }
        let id = replica.sources.find(source)
        try replica.checkIdentity(of: id, claims: version)
        becomeClassic()
        guard let id else { return }
        conversation.round.insert(id)
        owe(id, above: version)
        noteBacklog()
    }

    /// The peer has named all that it has, and wants everything of the sources that it did not name.
    /// - Throws: `.protocolVersion`, and what ended the link.
    public func receiveDone() throws(Failure) {
        guard try speaksClassic() else { return }
        becomeClassic()
        let classic = conversation
        let hasNamedNone = classic.round.isEmpty
        if hasNamedNone {
            // It is owed all of that already.
            guard classic.owesAllAt != replica.settled else { return }
            // A peer that names nothing has nothing.
            classic.forgetRestated()
        }
        oweTheRest(classic)
        classic.round = SourceSet()
        if hasNamedNone { classic.owesAllAt = replica.settled }
        noteBacklog()
    }

    /// Owes everything of the sources that the peer has not named. O(sources, or entries and the history if they are fewer).
    private func oweTheRest(_ classic: ClassicConversation) {
        let isReplayed = options.contains(.history)
        func owe(_ id: SourceID) {
            if classic.round.insert(id) { self.owe(id, above: 0) }
        }
        guard replica.arrivals.liveCount + (isReplayed ? replica.history.count : 0) < replica.sources.count else {
            for id in replica.sources.ids { owe(id) }
            return
        }
        if isReplayed { replica.history.forEach { owe($0.record.source) } }
        replica.arrivals.forEach(after: 0, in: replica.keys) { record in
            owe(record.source)
            return true
        }
    }

    @inline(never)
    private func owe(_ source: SourceID, above version: Version) {
        conversation.owesAllAt = .max
        if options.contains(.history) {
            conversation.replay.owe(source, above: version, in: replica)
        } else {
            conversation.answer.owe(source, above: version, countingTo: replica.configuration.mtu, in: replica)
        }
    }

    /// Whether messages of the classic dialect count: a peer that has said hello is asked and answered in the extended dialect.
    private func speaksClassic() throws(Failure) -> Bool {
        switch dialect {
        case .ended(let failure): throw failure
        case .extended: return false
        case .classic: return true
        case .unknown:
            if isDatagram { return false }
            guard allowsClassic else {
                throw end(
                    .protocolVersion,
                    Failure(.protocolVersion, "the peer speaks the classic dialect; SCUTTLE_LINK_ANY lets it in"))
            }
            return true
        }
    }

    /// The peer has said something valid in the classic dialect. What it was asked in the other is asked again.
    private func becomeClassic() {
        guard case .unknown = dialect else { return }
        dialect = .classic
        if !isReadOnly { replica.hasMetClassic = true }
        if pending.hasGreeted { gossipClassic() }
        pending = PendingControl()
    }

    /// The first gossip of a link asks for everything, and each later one for what is above the vector of the gossip before: an update
    /// that came out of order may have covered another one that is still on its way.
    func gossipClassic() {
        let classic = conversation
        guard classic.walk == nil, !output.asks else { return }
        classic.ask(in: replica)
        classic.walk = DigestWalk(over: classic.claimed == 0 ? 0 : replica.sources.count, &replica.random)
    }

    /// The version that a digest claims of a source: the low-water mark of this replica's own; of any other, no missing update.
    private func claim(of id: SourceID, _ classic: ClassicConversation) -> Version {
        if id == SourceTable.own { return replica.own.covered }
        guard classic.claimed > 0 else { return 0 }
        return min(replica.covered(id, at: classic.claimed), replica.versionBelowMissing(of: id))
    }

    func appendClassic() -> Bool {
        guard let classic else { return false }
        while let id = classic.walk?.next() {
            let claim = claim(of: id, classic)
            guard claim > 0 else { continue }
            output.appendDigest(of: replica.sources[id], at: claim)
            return true
        }
        if classic.walk != nil {
            classic.walk = nil
            output.appendDone()
            return true
        }
        classic.owesAllAt = .max
        while let record = classic.replay.next(in: replica) {
            defer { record.release() }
            if append(classic: record, classic) { return true }
        }
        while let record = classic.answer.next(in: replica) {
            if append(classic: record, classic) { return true }
        }
        return false
    }

    /// A republished write goes out under its timestamp, since a relay drops `written` and would make a new write of it; and once,
    /// since the digests of a peer that drops `dot` do not show that it has come.
    private func append(classic record: Record, _ classic: ClassicConversation) -> Bool {
        let record = replica.settleNull(record)
        guard record.isRepublished, record.kind != .expiry else {
            output.append(UpdateLine(of: record, in: replica))
            return true
        }
        guard classic.mayRestate(record.dot) else { return false }
        output.append(UpdateLine(restating: record, in: replica))
        return true
    }

    /// What has been said in the classic dialect.
    private var conversation: ClassicConversation {
        if let classic { return classic }
        let made = ClassicConversation()
        classic = made
        return made
    }
}
