/// Dispatch of the peer's messages in the session.
extension ExtendedSession {
    /// Handles a message of the peer.
    /// - Throws: the error of a message that is rejected. The link has ended if `context.closing` is set.
    @_optimize(speed)
    func receive(_ message: Message, _ line: Bytes) throws(Failure) {
        context.note(line)
        switch message {
        case .update(let update): try receive(update, line)
        case .cover(let cover): try receive(cover)
        case .delta(let head): try receive(head)
        case .mark(let mark): try receive(mark)
        case .commit(let part): try receive(part)
        default: try receiveControl(message, line)
        }
    }

    @inline(never)
    private func receiveControl(_ message: Message, _ line: Bytes) throws(Failure) {
        switch message {
        case .refusedUpdate(let update, let code):
            try receive(refused: update, replica.configuration.limits.failure(of: update, code), line)
        case .hello(let hello): if try admits(hello) { receive(hello) }
        case .request(let request): receive(request)
        case .vector(let part): try receive(part)
        case .forgot(let forgotten): try receive(forgotten)
        case .refused(let claims, let isAnew): try receive(refused: claims, isAnew: isAnew)
        case .twin: receiveTwin()
        case .echo(let token): context.transport.address?.receiveEcho(token)
        case .challenge(let token): receiveChallenge(token)
        case .reject(let reason): if isAddressed { throw context.rejected(for: reason) }
        // Digests do not count here, because vectors request the deltas. Malformed ones are rejected nevertheless.
        case .digest(let source, let version, _): try Limits.check(clockOf: source, at: version)
        default: break
        }
    }
}
