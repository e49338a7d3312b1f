/// Reads the bytes of a peer for its link, and those of a save for a new replica. Between calls it holds an incomplete
/// message at most.
public struct LinkInput: ~Copyable {
    var messages = MessageReader()

    public init() {}

    /// Reads bytes of the peer. A bad message changes nothing, and the others are applied. A datagram ends its last
    /// message.
    /// - Parameter judge: reads the messages that are not canonical.
    /// - Throws: the error of the first bad message.
    @inline(__always)
    package mutating func receive<Judge: MessageJudge & ~Copyable>(
        _ bytes: Bytes, on link: Link, by judge: inout Judge
    ) throws(Failure) {
        link.traffic.bytesIn &+= UInt64(truncatingIfNeeded: bytes.count)
        var first: Failure?
        var refused = 0
        @inline(never)
        func refuse(_ failure: Failure) {
            if first == nil { first = failure }
            refused += 1
        }
        // One reference for all messages, so that none of them counts the session up and down; and none for a piece of one.
        var extended: ExtendedSession?
        for piece in [bytes, link.transport.endOfRead] where piece.count > 0 {
            messages.forEachMessage(of: piece, by: &judge) { message, line throws(Failure) in
                if extended == nil { extended = link.extended }
                guard let extended, link.isExtended else { return try link.receive(message, line) }
                try extended.receive(message, line)
            } refuse: { failure, isRead in
                if isRead { link.settleClosing() } else { link.noteUnreadable() }
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
        link.replica.counters.rejected &+= UInt64(truncatingIfNeeded: refused)
        throw refused == 1 ? first : Failure(first.code, "\(first.sentence) (and \(refused - 1) more lines rejected)")
    }
}
