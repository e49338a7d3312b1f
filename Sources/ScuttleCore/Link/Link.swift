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
        letGo()
    }

    /// Begins a conversation anew in place of another replica's link, over the same stream: what that was about to send goes out
    /// first, since the peer may have the front of a line.
    /// - Parameter unread: bytes that were read and did not go out.
    public func replace(_ other: Link, unread: Bytes) {
        host = other.host
        var hasGreeted = false
        if let greeter = session.greeter {
            (greeter.incoming.isDropped, greeter.incoming.dropsUnasked) = (true, true)
            switch other.session {
            case .undecided(let before, let asking): hasGreeted = before.pending.hasGreeted || asking != nil
            case .extended(let before):
                session = .extended(greeter)
                hasGreeted = before.pending.hasGreeted
            case .classic(let before, _):
                session = .classic(ClassicSession(self), greeting: greeter)
                hasGreeted = before.hasBegun
            case .closed(let closed): session = .closed(ClosedSession(closed.failure))
            }
        } else if case .closed(let closed) = other.session {
            session = .closed(ClosedSession(closed.failure))
        } else {
            hasGreeted = other.session.classic?.hasBegun ?? false
        }
        if unread.count > 0 || !other.output.isEmpty {
            output.append { text in
                text.append(unread)
                other.output.visitSpans { text.append($0) }
            }
        }
        if hasGreeted { gossip() }
    }
}
