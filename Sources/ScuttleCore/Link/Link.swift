/// A replica's conversation with one peer, in bytes: what came in goes to `LinkInput`, what is to go out comes from `read` and `peek`.
///
/// A link is a face. The session has the state of the conversation: see `Conversation`.
public final class Link: Conversation {
    public typealias Options = LinkOptions

    /// What the part of a line takes that waits for its end.
    var waitingBytes = 0
    /// The bytes of the send buffer that `peek` has shown and nobody has taken yet.
    var shown = 0

    /// Closes: drops what it still had to send.
    func close() {
        _ = noteWaiting(0)
        shown = 0
        endLink()
    }

    /// Begins a conversation anew in place of another replica's link, over the same stream: what that was about to send goes out
    /// first, since the peer may have the front of a line.
    /// - Parameter unread: bytes that were read and did not go out.
    public func replace(_ other: Link, unread: Bytes) {
        host = other.host
        var hasSaidHello = false
        if let helloSession = session.helloSession {
            (helloSession.incoming.isDropped, helloSession.incoming.dropsUnrequested) = (true, true)
            switch other.session {
            case .undecided(let before, let classic): hasSaidHello = before.pending.hasSaidHello || classic != nil
            case .extended(let before):
                session = .extended(helloSession)
                hasSaidHello = before.pending.hasSaidHello
            case .classic(let before, _):
                session = .classic(ClassicSession(context), extended: helloSession)
                hasSaidHello = before.hasBegun
            case .closed(let closed): session = .closed(ClosedSession(closed.failure))
            }
        } else if case .closed(let closed) = other.session {
            session = .closed(ClosedSession(closed.failure))
        } else {
            hasSaidHello = other.session.classic?.hasBegun ?? false
        }
        if unread.count > 0 || !other.context.output.isEmpty {
            context.output.append { text in
                text.append(unread)
                other.context.output.visitSpans { text.append($0) }
            }
        }
        if hasSaidHello { gossip() }
    }
}
