/// What a link speaks with its peer, and the state of that.
///
/// An undecided link says hello, and asks in the classic dialect as well if a hello was not answered and classic peers are let in. The
/// peer's first valid message decides. A classic link still takes a hello, unless it was opened for the classic dialect alone: then it
/// has no extended session.
enum Session {
    case undecided(ExtendedSession, classic: ClassicSession?)
    case classic(ClassicSession, extended: ExtendedSession?)
    case extended(ExtendedSession)
    /// One side has rejected the other.
    case closed(ClosedSession)
}

extension Session {
    /// The session that says hello, or has heard one.
    var helloSession: ExtendedSession? {
        switch self {
        case .undecided(let session, _), .extended(let session): session
        case .classic(_, let session): session
        case .closed: nil
        }
    }

    /// The extended session, once the peer has said hello.
    var established: ExtendedSession? {
        if case .extended(let session) = self { session } else { nil }
    }

    /// The session that speaks the classic dialect, or asks in it.
    var classic: ClassicSession? {
        switch self {
        case .undecided(_, let session): session
        case .classic(let session, _): session
        case .extended, .closed: nil
        }
    }

    /// Messages that wait.
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

    /// Whether something is to be sent, as far as can be told without making it.
    var hasPending: Bool {
        switch self {
        case .undecided(let session, let classic): session.hasPending || classic?.backlog ?? 0 > 0
        case .classic(let session, _): session.backlog > 0
        case .extended(let session): session.hasPending
        case .closed(let session): session.reject != nil
        }
    }

    /// Appends the next message that fits; false if there is none.
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

    /// Whether one side has rejected the other.
    public var hasEnded: Bool {
        if case .closed = session { true } else { false }
    }
}
