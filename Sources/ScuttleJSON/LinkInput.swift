import ScuttleCore

/// A link's parser: the bytes that came from the peer, in any pieces, become messages for the link. Of its own it has no more
/// than a line that waits for its end.
public struct LinkInput: ~Copyable {
    private var lines = LineSplitter()

    public init() {}

    /// Takes bytes from the peer. Each line is a message of its own: a bad one changes nothing, the others are taken. A
    /// datagram ends its last line.
    /// - Throws: the failure of the first bad line.
    @_optimize(speed)
    public mutating func receive(_ bytes: Bytes, on link: Link) throws(Failure) {
        var first: Failure?
        var refused = 0
        var decoder = MessageDecoder(limits: link.limits)
        @inline(never)
        func refuse(_ failure: Failure) {
            if first == nil { first = failure }
            refused += 1
        }
        for piece in [bytes, Bytes(link.isDatagram ? "\n" : "")] {
            forEachLine(of: piece, by: &decoder) { message, line throws(Failure) in
                try link.receive(message, line)
            } refuse: { failure, isRead in
                if !isRead { link.noteUnreadable() }
                refuse(failure)
                return true
            }
        }
        if link.limits.bytes != .max {
            if let failure = link.noteWaiting(lines.waitingBytes) {
                lines.skipLine()
                link.noteUnreadable()
                refuse(failure)
            }
        }
        link.finishReceiving()
        guard let first else { return }
        throw refused == 1 ? first : Failure(first.code, "\(first.sentence) (and \(refused - 1) more lines refused)")
    }

    /// Makes a new replica what was saved. False where the last line is torn, or an export ends too soon.
    /// - Throws: the failure of the first bad line that is not the last, or of the whole; the replica is then of no use.
    public mutating func load(_ bytes: Bytes, into replica: Replica) throws(Failure) -> Bool {
        var loader = Loader(replica)
        var decoder = MessageDecoder(limits: replica.limits)
        var first: Failure?
        func take(_ bytes: Bytes) {
            forEachLine(of: bytes, by: &decoder) { message, _ throws(Failure) in
                try loader.take(message)
            } refuse: { failure, _ in
                first = failure
                return false
            }
        }
        take(bytes)
        if let first { throw first }
        // What stands behind the last newline is a line that lacks it, or a torn one.
        take(Bytes("\n"))
        if let first, first.code == .memory { throw first }
        let isTorn = first != nil
        return try loader.finish() && !isTorn
    }

    /// Hands each whole line's message to `take`, with the line without its newline; what fails goes to `refuse`, with whether the line could be read, which
    /// says whether to go on. Inlined, so that a message need not become a value on its way to `take`.
    @inline(__always)
    private mutating func forEachLine(
        of bytes: Bytes, by decoder: inout MessageDecoder, take: (Message, Bytes) throws(Failure) -> Void,
        refuse: (Failure, Bool) -> Bool
    ) {
        var rest = bytes
        while true {
            var isRead = false
            do throws(Failure) {
                // The end of most lines need not be looked for: reading them comes to it.
                let front = rest
                if lines.isBetweenLines, let update = CanonicalUpdate.take(from: &rest, decoder.limits) {
                    isRead = true
                    try take(.update(update), Bytes(rebasing: front[..<(front.count &- rest.count &- 1)]))
                    continue
                }
                switch lines.next(from: &rest, limit: decoder.limits.messageBytes) {
                case nil: return
                case .whole(let text):
                    try decoder.decode(text) { message throws(Failure) in
                        isRead = true
                        try take(message, text)
                    }
                case .noMemory: throw Failure.outOfMemory
                case .tooLong:
                    throw Failure(
                        .messageSize, "a line of more than \(decoder.limits.messageBytes) bytes; max_message_bytes")
                }
            } catch {
                guard refuse(error, isRead) else { return }
            }
        }
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

extension Loader {
    fileprivate mutating func take(_ message: Message) throws(Failure) {
        switch message {
        case .update(let update): try take(update)
        case .refusedUpdate(let update, let code): throw failure(of: update, code)
        case .refused(let part, _):
            for claim in part { try take(exception: claim) }
            countLine()
        case .digest(let source, let version, isDone: false):
            try take(SourceClaim(source: source, covered: version, purged: 0))
            countLine()
        case .vector(let part):
            for claim in part.claims { try take(claim) }
            take(ended: part)
            countLine()
        case .export(let head): try take(head)
        case .got(let saved): take(saved)
        case .end(let count): try take(endAfter: count)
        case .nothing: break
        case .digest, .done, .hello, .request, .delta, .cover, .mark, .forgot, .commit, .reject, .twin, .echo,
            .challenge:
            throw Failure(.message, "a state to start from does not talk")
        }
    }
}
