/// Messages in: which session takes a message, and what the conversation becomes by it.
extension Conversation {
    /// - Throws: why the message does not count; of a link that has ended, why.
    func receive(_ message: Message, _ line: Bytes) throws(Failure) {
        do throws(Failure) {
            if let extended { return try extended.receive(message, line) }
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
                guard let greeter = try greeter(), try greeter.admits(hello) else { return }
                session = .extended(greeter)
                greeter.receive(hello)
            case .challenge(let token): try greeter()?.receiveChallenge(token)
            case .reject(let reason):
                if let greeter = try greeter(), greeter.isAddressed { throw rejected(for: reason) }
            case .nothing, .export, .got, .end: break
            // Messages of the extended dialect count from the hello on.
            default: _ = try greeter()
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
        if outcome == .taken, replica.isSelective { replica.settleException(update) }
    }

    /// The peer has a source up to `version`, and wants what is above.
    /// - Throws: `.id`, `.nul`, `.version`, `.identity`, `.protocolVersion`, and what ended the link.
    private func receiveDigest(of source: Bytes, at version: Version) throws(Failure) {
        try Limits.check(clockOf: source, at: version)
        guard let classic = try classicSession() else { return }
        let id = replica.sources.find(source)
        try replica.checkIdentity(of: id, claims: version)
        becomeClassic(classic)
        guard let id else { return }
        classic.receiveDigest(of: id, at: version)
    }

    /// - Throws: `.protocolVersion`, and what ended the link.
    private func receiveDone() throws(Failure) {
        guard let classic = try classicSession() else { return }
        becomeClassic(classic)
        classic.receiveDone()
    }

    /// The session that takes a hello; nil if the link speaks the classic dialect alone.
    private func greeter() throws(Failure) -> ExtendedSession? {
        if case .closed(let closed) = session { throw closed.failure }
        return session.greeter
    }

    /// The session that takes messages of the classic dialect; nil if they do not count here, or before a hello.
    private func classicSession() throws(Failure) -> ClassicSession? {
        switch session {
        case .closed(let closed): throw closed.failure
        case .extended: return nil
        case .classic(let session, _): return session
        case .undecided(_, let asking):
            guard transport.allowsClassic else { return nil }
            guard allowsClassic else {
                throw end(
                    .protocolVersion,
                    Failure(.protocolVersion, "the peer speaks the classic dialect; SCUTTLE_LINK_ANY lets it in"))
            }
            return asking ?? ClassicSession(self)
        }
    }
}
