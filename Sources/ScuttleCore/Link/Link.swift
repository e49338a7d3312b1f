/// A replica's conversation with one peer, in bytes: `LinkInput` reads the input, `read` and `peek` produce the output.
///
/// The session has the state of the conversation: see `Conversation`.
public final class Link: Conversation {
    public typealias Options = LinkOptions

    /// The size of the incomplete line at the end of the input.
    var waitingBytes = 0
    /// The bytes of the send buffer that `peek` has shown and that are not consumed.
    var shown = 0

    /// Closes the link and drops its pending output.
    func close() {
        _ = noteWaiting(0)
        shown = 0
        endLink()
    }

    /// Begins a conversation anew in place of another replica's link, over the same stream. The output of the other
    /// link is sent first, because the peer may have received the front of one of its lines.
    /// - Parameter unread: bytes that the host has read from the other link and has not sent.
    public func replace(_ other: Link, unread: Bytes) {
        host = other.host
        traffic = other.traffic
        traffic.bytesOut &-= UInt64(truncatingIfNeeded: unread.count)
        var hasSaidHello = false
        if let helloSession = session.helloSession {
            (helloSession.incoming.isDropped, helloSession.incoming.dropsUnrequested) = (true, true)
            switch other.session {
            case .undecided(let before, let classic): hasSaidHello = before.pending.hasSaidHello || classic != nil
            case .extended(let before):
                session = .extended(helloSession)
                hasSaidHello = before.pending.hasSaidHello
            case .classic(let before, _):
                session = .classic(ClassicSession(self), extended: helloSession)
                hasSaidHello = before.hasBegun
            case .closed(let closed): session = .closed(ClosedSession(closed.failure))
            }
        } else if case .closed(let closed) = other.session {
            session = .closed(ClosedSession(closed.failure))
        } else {
            hasSaidHello = other.session.classic?.hasBegun ?? false
        }
        if unread.count > 0 || !other.output.isEmpty {
            output.append { text in
                text.append(unread)
                other.output.visitSpans { text.append($0) }
            }
        }
        if hasSaidHello { gossip() }
    }
}
