import Scuttle

/// A link's parser: the bytes that came from the peer, in any pieces, become messages for the link.
public struct LinkInput: ~Copyable {
    private var lines: LineSplitter
    private var decoder: MessageDecoder
    private let limits: Limits

    public init(limits: Limits) {
        lines = LineSplitter(limit: limits.messageBytes)
        decoder = MessageDecoder(limits: limits)
        self.limits = limits
    }

    /// Takes bytes from the peer. Each line is a message of its own: a bad one changes nothing, the others are taken.
    /// - Throws: the failure of the first bad line.
    public mutating func receive(_ bytes: Bytes, on link: Link) throws(Failure) {
        var first: Failure?
        let refused = forEachLine(of: bytes) { failure in
            if first == nil { first = failure }
        } take: { message throws(Failure) in
            try link.receive(message)
        }
        guard let first else { return }
        throw refused == 1 ? first : Failure(first.code, "\(first.detail) (and \(refused - 1) more lines refused)")
    }

    /// Takes entries to start from. See `Replica.load`.
    /// - Throws: the failure of the first bad line, or of `finishLoading`; the replica is then of no use.
    public mutating func load(_ bytes: Bytes, into replica: Replica) throws(Failure) {
        var first: Failure?
        for piece in [bytes, Bytes("\n")] {
            _ = forEachLine(of: piece) { failure in
                if first == nil { first = failure }
            } take: { message throws(Failure) in
                switch message {
                case .update(let update): try replica.load(update)
                case .digest(let source, let version, isDone: false): try replica.load(clockOf: source, at: version)
                case .nothing: break
                case .digest, .done: throw Failure(.message, "a state to start from does not ask")
                }
            }
        }
        if let first { throw first }
        try replica.finishLoading()
    }

    /// Hands each whole line's message to `take`, what is refused to `refuse`; returns how many were refused.
    private mutating func forEachLine(
        of bytes: Bytes, refuse: (Failure) -> Void, take: (Message) throws(Failure) -> Void
    ) -> Int {
        var rest = bytes
        var refused = 0
        while let line = lines.next(from: &rest) {
            do throws(Failure) {
                switch line {
                case .whole(let text): try decoder.decode(text, take)
                case .tooLong:
                    throw Failure(.messageSize, "a line of more than \(limits.messageBytes) bytes; max_message_bytes")
                }
            } catch {
                refuse(error)
                refused += 1
            }
        }
        return refused
    }
}

extension Link {
    fileprivate func receive(_ message: Message) throws(Failure) {
        switch message {
        case .update(let update): try receive(update)
        case .digest(let source, let version, let isDone):
            try receiveDigest(of: source, at: version)
            if isDone { receiveDone() }
        case .done: receiveDone()
        case .nothing: break
        }
    }
}
