/// The state of a conversation: its dialect, with the session of that dialect.
///
/// An undecided link says hello. If the peer does not reply and classic peers are allowed, it sends digests as well.
/// The peer's first valid message decides the dialect. A classic link handles a hello, too, unless it was opened for
/// the classic dialect alone: then it has no extended session.
enum Session {
    case undecided(ExtendedSession, classic: ClassicSession?)
    case classic(ClassicSession, extended: ExtendedSession?)
    case extended(ExtendedSession)
    /// One side has rejected the other.
    case closed(ClosedSession)
}

extension Session {
    /// The session that sends and receives hellos, before and after the peer's first hello.
    var helloSession: ExtendedSession? {
        switch self {
        case .undecided(let session, _), .extended(let session): session
        case .classic(_, let session): session
        case .closed: nil
        }
    }

    /// The extended session after the peer's hello.
    var established: ExtendedSession? {
        if case .extended(let session) = self { session } else { nil }
    }

    /// The session of the classic dialect, also of an undecided link that has sent digests.
    var classic: ClassicSession? {
        switch self {
        case .undecided(_, let session): session
        case .classic(let session, _): session
        case .extended, .closed: nil
        }
    }

    /// The pending messages.
    var backlog: Backlog {
        switch self {
        case .undecided(let session, let classic):
            var backlog = session.backlog
            backlog.messages += classic?.backlog ?? 0
            return backlog
        case .classic(let session, _): return Backlog(messages: session.backlog)
        case .extended(let session): return session.backlog
        case .closed: return Backlog(messages: 0)
        }
    }

    /// Whether something is pending, as far as this is known without encoding it.
    var hasPending: Bool {
        switch self {
        case .undecided(let session, let classic): session.hasPending || classic?.backlog ?? 0 > 0
        case .classic(let session, _): session.backlog > 0
        case .extended(let session): session.hasPending
        case .closed(let session): session.reject != nil
        }
    }

    /// Appends the next message that fits. False if there is none.
    @inline(never)
    func append(_ budget: SendBudget, _ context: LinkContext) -> Bool {
        switch self {
        case .undecided(let session, let classic):
            session.pending.isEmpty ? classic?.append() ?? false : session.appendControl(budget)
        case .classic(let session, _): session.append()
        case .extended(let session): session.append(budget)
        case .closed(let session): session.append(budget, context)
        }
    }
}

extension Conversation {
    public var isClassic: Bool {
        if case .classic = session { true } else { false }
    }

    public var isExtended: Bool {
        if case .extended = session { true } else { false }
    }
}
