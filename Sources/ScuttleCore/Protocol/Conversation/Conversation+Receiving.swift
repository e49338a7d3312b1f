/// Dispatch of messages: which session handles a message, and which state of the conversation follows.
extension Conversation {
    /// Handles a message of the peer.
    /// - Throws: the error of a message that is rejected; of a link that has ended, the error that ended it.
    func receive(_ message: Message, _ line: Bytes) throws(Failure) {
        do throws(Failure) {
            if let extended { return try extended.receive(message, line) }
            note(line)
            switch message {
            case .update(let update): try receiveClassic(update)
            case .refusedUpdate(let update, let code):
                try classicSession()?.receive(
                    refused: update, replica.configuration.limits.failure(of: update, code))
            case .digest(let source, let version, let isDone):
                try receiveDigest(of: source, at: version)
                if isDone { try receiveDone() }
            case .done: try receiveDone()
            case .echo(let token): transport.address?.receiveEcho(token)
            case .hello(let hello):
                guard let helloSession = try helloSession(), try helloSession.admits(hello) else { return }
                session = .extended(helloSession)
                helloSession.receive(hello)
            case .challenge(let token): try helloSession()?.receiveChallenge(token)
            case .reject(let reason):
                if let helloSession = try helloSession(), helloSession.isAddressed {
                    throw rejected(for: reason)
                }
            case .nothing, .export, .got, .removed, .end: break
            // Messages of the extended dialect count after a hello.
            default: _ = try helloSession()
            }
        } catch {
            settleClosing()
            throw error
        }
    }

    private func receiveClassic(_ update: IncomingUpdate) throws(Failure) {
        guard let classic = try classicSession() else { return }
        let outcome = try classic.receive(update)
        guard outcome != .exceeding else { return }
        becomeClassic(classic)
        if outcome == .applied, replica.isSelective { replica.settleException(update) }
    }

    /// Handles a digest: the peer has a source up to `version`, and requests the updates above it.
    /// - Throws: `.id`, `.nul`, `.version`, `.identity`, `.protocolVersion`, and the error that ended the link.
    private func receiveDigest(of source: Bytes, at version: Version) throws(Failure) {
        try Limits.check(clockOf: source, at: version)
        guard let classic = try classicSession() else { return }
        let id = replica.sources.find(source)
        try replica.checkIdentity(of: id, claims: version)
        becomeClassic(classic)
        guard let id else { return }
        classic.receiveDigest(of: id, at: version)
    }

    /// Handles the end of the peer's digests.
    /// - Throws: `.protocolVersion`, and the error that ended the link.
    private func receiveDone() throws(Failure) {
        guard let classic = try classicSession() else { return }
        becomeClassic(classic)
        classic.receiveDone()
    }

    /// Returns the session that handles a hello; nil if the link speaks the classic dialect alone.
    /// - Throws: the error that ended the link.
    private func helloSession() throws(Failure) -> ExtendedSession? {
        if case .closed(let closed) = session { throw closed.failure }
        return session.helloSession
    }

    /// Returns the session that handles messages of the classic dialect; nil if they do not count.
    /// - Throws: `.protocolVersion`, and the error that ended the link.
    private func classicSession() throws(Failure) -> ClassicSession? {
        switch session {
        case .closed(let closed): throw closed.failure
        case .extended: return nil
        case .classic(let session, _): return session
        case .undecided(_, let classic):
            guard transport.allowsClassic else { return nil }
            guard allowsClassic else {
                throw end(
                    .protocolVersion,
                    Failure(.protocolVersion, "the peer speaks the classic dialect; SCUTTLE_LINK_ANY allows it"))
            }
            return classic ?? ClassicSession(self)
        }
    }
}
