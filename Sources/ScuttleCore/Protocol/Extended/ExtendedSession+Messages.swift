/// Which part of the session takes a message of the peer.
extension ExtendedSession {
    /// - Throws: why the message does not count. The link has ended if `context.closing` says so.
    @_optimize(speed)
    func receive(_ message: Message, _ line: Bytes) throws(Failure) {
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
        // The peer is asked and answered in this dialect, so its digests count no more; malformed ones are rejected all the same.
        case .digest(let source, let version, _): try Limits.check(clockOf: source, at: version)
        default: break
        }
    }
}
