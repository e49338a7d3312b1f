/// A conversation with one peer: what a link is without the bytes.
///
/// It has the session, which is the state of the conversation, and the context, which is what each session may use. Nothing is queued: a
/// session derives what it still has to send when it is wanted. When that is much, the link is over its high-water mark.
public class Conversation {
    final let context: LinkContext
    /// Held, so that it is there as long as its links are; a constant, so that reading it counts nothing.
    final let replica: Replica
    final var session: Session {
        didSet {
            if case .extended(let session) = session {
                extendedReference = .passUnretained(session)
            } else {
                extendedReference = nil
            }
        }
    }
    /// The extended session once the peer has said hello, not counted: a read would count it up and down otherwise.
    final private(set) var extendedReference: Unmanaged<ExtendedSession>?

    init(_ replica: Replica, _ options: LinkOptions) {
        self.replica = replica
        let nonce = replica.nonces.next()
        context = LinkContext(
            replica, options,
            options.contains(.datagram) ? .datagrams(AddressCheck(replica.nonces.next())) : .stream)
        session =
            options.contains(.classic)
            ? .classic(ClassicSession(context), extended: nil)
            : .undecided(ExtendedSession(context, nonce: nonce), classic: nil)
    }

    deinit {
        guard let index = context.index else { return }
        if context.isFull { replica.linkTable.fullLinks -= 1 }
        if let source = peerID { replica.unlink(source, at: index) }
        replica.removeLink(at: index)
    }

    /// The extended session once the peer has said hello.
    final var extended: ExtendedSession? { session.established }

    /// The source that the peer writes under, as its hello says; nil before that. A NUL stands behind it.
    public final var peerID: Bytes? {
        if case .closed(let session) = session { return session.peerSource?.bytes }
        return session.helloSession?.peerSource?.bytes
    }
}

extension Conversation {
    /// Asks this peer for what is new; a question that still waits is enough. Renews the replica's promise.
    public func gossip() {
        // What was inverted by an update of a classic peer may make nobody ask for it.
        if replica.hasMetClassic || context.isReadOnly { replica.settleInversions() }
        replica.passFloor()
        replica.reconsiderRefused()
        replica.renewPromise()
        switch session {
        case .classic(let session, _): session.gossip()
        case .extended(let session): session.beginGossip()
        case .undecided(let helloSession, let classic):
            // A peer that has not answered a hello may be a classic one that never asks by itself.
            if helloSession.pending.hasSaidHello, context.allowsClassic {
                let classic = classic ?? ClassicSession(context)
                session = .undecided(helloSession, classic: classic)
                classic.gossip()
            }
            helloSession.beginGossip()
        case .closed: break
        }
        noteBacklog()
    }

    /// A source is known by its hash alone from now on, at a position if it is kept. Its number may be given to another.
    @inline(never)
    func noteRetirement(of source: SourceID, _ entry: RetiredTable.Entry, at position: Int?) {
        session.helloSession?.noteRetirement(of: source, entry, at: position)
        session.classic?.remove(source)
    }

    /// What the vector was before a base is not kept any more.
    func dropBases(before base: UInt64) {
        session.helloSession?.dropBases(before: base)
        session.classic?.dropBases(before: base)
    }

    /// The sequence up to which the peer has been given what has arrived here: a tombstone behind it is still needed, lest what
    /// is on its way become a reset.
    var walkPosition: Arrivals.Stamp { extended?.walkPosition ?? .max }

    /// A line of the peer could not be read: what an answer vouches for may have been in it.
    public func noteUnreadable() {
        session.helloSession?.incoming.excludesAll = true
    }

    /// The bytes that came in end here. Forgets what has become stable.
    public func finishReceiving() {
        session.helloSession?.finishReceiving()
        replica.rest()
    }
}

// MARK: - What the session is

extension Conversation {
    /// The peer has said something valid in the classic dialect. What it was asked in the other is asked again.
    func becomeClassic(_ classic: ClassicSession) {
        guard case .undecided(let helloSession, _) = session else { return }
        session = .classic(classic, extended: helloSession)
        if !context.isReadOnly { replica.hasMetClassic = true }
        if helloSession.pending.hasSaidHello { classic.gossip() }
        helloSession.pending = PendingControl()
    }

    /// Ends the conversation if the session has found a reason to.
    @inline(never)
    func settleClosing() {
        guard let closed = context.closing else { return }
        context.closing = nil
        if let helloSession = session.helloSession {
            closed.silence = helloSession.silence
            closed.peerSource = helloSession.peerSource.take()
            helloSession.dropPeer()
        }
        session = .closed(closed)
        endBackpressure()
        context.raise(.ended, closed.failure.code)
    }

    /// Drops what the conversation still had to send, and remembers the peer.
    func endLink() {
        session.helloSession?.endLink()
        session.classic?.endLink()
        context.output = SendBuffer()
        endBackpressure()
    }
}
