/// Reads the bytes of a peer for its link, and those of a save for a new replica. It owns no more than a message that waits for its
/// end.
public struct LinkInput: ~Copyable {
    var messages = MessageReader()

    public init() {}

    /// Takes bytes from the peer. A bad message changes nothing, the others are taken. A datagram ends its last message.
    /// - Parameter judge: reads what is not canonical.
    /// - Throws: the error of the first bad message.
    @inline(__always)
    package mutating func receive<Judge: MessageJudge & ~Copyable>(
        _ bytes: Bytes, on link: Link, by judge: inout Judge
    ) throws(Failure) {
        var first: Failure?
        var refused = 0
        @inline(never)
        func refuse(_ failure: Failure) {
            if first == nil { first = failure }
            refused += 1
        }
        for piece in [bytes, link.isDatagram ? Encoding.chosen.lastEnd : Bytes(start: nil, count: 0)] {
            messages.forEachMessage(of: piece, by: &judge) { message, line throws(Failure) in
                try link.receive(message, line)
            } refuse: { failure, isRead in
                if !isRead { link.noteUnreadable() }
                refuse(failure)
                return true
            }
        }
        if link.limits.bytes != .max {
            if let failure = link.noteWaiting(messages.waitingBytes) {
                messages.skipMessage()
                link.noteUnreadable()
                refuse(failure)
            }
        }
        link.finishReceiving()
        guard let first else { return }
        throw refused == 1 ? first : Failure(first.code, "\(first.sentence) (and \(refused - 1) more lines refused)")
    }
}

extension Link {
    @_optimize(speed)
    fileprivate func receive(_ message: Message, _ line: Bytes) throws(Failure) {
        switch message {
        case .update(let update): try receive(update, line)
        case .refusedUpdate(let update, let code): try receive(refused: update, code, line)
        case .digest(let source, let version, let isDone):
            try receiveDigest(of: source, at: version)
            if isDone { try receiveDone() }
        case .done: try receiveDone()
        case .hello(let hello): try receive(hello)
        case .request(let request): try receive(request)
        case .vector(let part): try receive(part)
        case .delta(let head): try receive(head)
        case .cover(let cover): try receive(cover)
        case .mark(let mark): try receive(mark)
        case .forgot(let forgotten): try receive(forgotten)
        case .commit(let part): try receive(part)
        case .twin: try receiveTwin()
        case .echo(let token): receiveEcho(token)
        case .challenge(let token): try receiveChallenge(token)
        case .refused(let claims, let isAnew): try receive(refused: claims, isAnew: isAnew)
        case .reject(let reason): try receiveReject(reason)
        case .nothing, .export, .got, .end: break
        }
    }
}
