/// The classic dialect, simple-scuttle's own: digests ask, updates answer.
extension Link {
    /// - Throws: `.readOnly`, `.key`, `.keySize`, `.nul`, `.id`, `.version`, `.versionJump`, `.identity`, `.sources`,
    ///   `.corrupt`, and what ended the link.
    /// - Parameter line: the update's, without its newline.
    @inline(__always)
    public func receive(_ update: IncomingUpdate, _ line: Bytes) throws(Failure) {
        if case .extended = dialect { return try receiveExtended(update, line) }
        try receiveClassic(update)
    }

    private func receiveClassic(_ update: IncomingUpdate) throws(Failure) {
        switch dialect {
        case .ended(let failure): throw failure
        case .extended: break
        case .unknown, .classic:
            guard !options.contains(.readOnly) else {
                throw Failure(.readOnly, "an update came in on a read-only link")
            }
            // A datagram from before the peer's hello has come: it belongs to nothing.
            guard !isDatagram else { return }
            becomeClassic()
            defer { if replica.hasSeenEquivocation { tellEquivocation() } }
            try replica.receive(update)
        }
    }

    /// The peer has a source up to `version`, and wants what is above.
    /// - Throws: `.id`, `.nul`, `.version`, `.identity`, and what ended the link.
    public func receiveDigest(of source: Bytes, at version: Version) throws(Failure) {
        try Limits.check(clockOf: source, at: version)
        guard try speaksClassic() else { return }
        guard let id = replica.sources.find(source) else { return }
        try replica.checkIdentity(of: id, claims: version)
        let classic = conversation
        classic.round.name(id, of: replica.sources.count)
        classic.answer.owe(id, above: version, countingTo: replica.configuration.mtu, in: replica)
        noteBacklog()
    }

    /// The peer has named all that it has, and wants everything of the sources that it did not name.
    /// - Throws: what ended the link.
    public func receiveDone() throws(Failure) {
        guard try speaksClassic() else { return }
        let classic = conversation
        for id in replica.sources.ids where !classic.round.hasNamed(id) {
            classic.answer.owe(id, above: 0, countingTo: replica.configuration.mtu, in: replica)
        }
        classic.round = DigestRound()
        noteBacklog()
    }

    /// Whether digests count: a peer that has said hello is asked and answered in the extended dialect.
    private func speaksClassic() throws(Failure) -> Bool {
        switch dialect {
        case .ended(let failure): throw failure
        case .extended: return false
        case .unknown, .classic:
            becomeClassic()
            return !isDatagram
        }
    }

    /// The peer speaks the classic dialect; what it was asked in the other is asked again.
    private func becomeClassic() {
        guard case .unknown = dialect, !isDatagram else { return }
        dialect = .classic
        replica.hasMetClassic = true
        if pending.hasGreeted { gossipClassic() }
        pending = PendingControl()
    }

    func gossipClassic() {
        let classic = conversation
        if classic.walk == nil, !batch.asks {
            classic.walk = DigestWalk(over: replica.sources.count, &replica.random)
        }
    }

    func appendClassic() -> Bool {
        guard let classic else { return false }
        while let id = classic.walk?.next() {
            let source = replica.sources[id]
            guard source.covered > 0 else { continue }
            batch.appendDigest(of: source)
            return true
        }
        if classic.walk != nil {
            classic.walk = nil
            batch.appendDone()
            return true
        }
        guard let record = classic.answer.next(in: replica) else { return false }
        batch.append(UpdateLine(of: record, in: replica))
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
