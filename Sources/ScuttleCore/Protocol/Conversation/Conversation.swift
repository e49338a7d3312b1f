/// A conversation with one peer: a link without its bytes.
///
/// The session is the state of the conversation. The base class is the surroundings of each session. Nothing is
/// queued: a session derives each message when it is sent.
public class Conversation: LinkContext {
    /// nil only in the initializer, because a session needs its context.
    private final var state: Session?
    final var session: Session {
        get { state.unsafelyUnwrapped }
        set {
            state = newValue
            if case .extended(let session) = newValue {
                extendedReference = .passUnretained(session)
            } else {
                extendedReference = nil
            }
        }
    }
    /// The extended session after the peer's hello, as a reference that is not counted.
    final private(set) var extendedReference: Unmanaged<ExtendedSession>?

    init(_ replica: Replica, _ options: LinkOptions) {
        let nonce = replica.nonces.next()
        super.init(
            replica, options,
            options.contains(.datagram) ? .datagrams(AddressCheck(replica.nonces.next())) : .stream)
        session =
            options.contains(.classic)
            ? .classic(ClassicSession(self), extended: nil)
            : .undecided(ExtendedSession(self, nonce: nonce), classic: nil)
    }

    deinit {
        guard let index else { return }
        leaveTraffic()
        if isFull { replica.linkTable.fullLinks -= 1 }
        if let source = peerID { replica.unlink(source, at: index) }
        replica.removeLink(at: index)
    }

    /// The extended session after the peer's hello.
    final var extended: ExtendedSession? { session.established }

    /// The source of the peer, by its hello; nil before that. A NUL stands behind it.
    public final var peerID: Bytes? {
        if case .closed(let session) = session { return session.peerSource?.bytes }
        return session.helloSession?.peerSource?.bytes
    }
}

extension Conversation {
    /// Requests updates of the peer. A pending request suffices. Renews the replica's low-water mark.
    public func gossip() {
        replica.counters.gossips &+= 1
        // If an update of a classic peer has inverted an entry, equal vectors may keep peers from requesting it.
        if replica.hasMetClassic || isReadOnly { replica.republishInverted() }
        replica.passFloor()
        replica.reconsiderRefused()
        replica.raiseLowWaterMark()
        switch session {
        case .classic(let session, _): session.gossip()
        case .extended(let session): session.beginGossip()
        case .undecided(let helloSession, let classic):
            // A peer that has not replied to a hello may be a classic one that sends no digests by itself.
            if helloSession.pending.hasSaidHello, allowsClassic {
                let classic = classic ?? ClassicSession(self)
                session = .undecided(helloSession, classic: classic)
                classic.gossip()
            }
            helloSession.beginGossip()
        case .closed: break
        }
        noteBacklog()
    }

    /// Notes that a source was retired, and its index in the retired table if it is there. Another source may get its
    /// id.
    @inline(never)
    func noteRetirement(of source: SourceID, _ entry: RetiredTable.Entry, at position: Int?) {
        session.helloSession?.noteRetirement(of: source, entry, at: position)
        session.classic?.remove(source)
    }

    /// Drops the bases before one, because the past of the vector is kept from there on.
    func dropBases(before base: UInt64) {
        session.helloSession?.dropBases(before: base)
        session.classic?.dropBases(before: base)
    }

    /// The sequence up to which entries were sent to the peer. A tombstone behind it is needed still: without it the
    /// delta on its way would have to become a reset.
    var walkPosition: Arrivals.Sequence { extended?.walkPosition ?? .max }

    /// Notes that a line of the peer was unreadable. A delta does not vouch for what may have been in it.
    @inline(never)
    public func noteUnreadable() {
        traffic.messagesIn &+= 1
        session.helloSession?.incoming.excludesAll = true
    }

    /// Ends a read: the caller has no more bytes for now. Purges stable tombstones.
    public func finishReceiving() {
        session.helloSession?.finishReceiving()
        replica.finishCall()
    }
}

// MARK: - Changes of the session

extension Conversation {
    /// Makes the session classic after the peer's first valid message of that dialect. A request that was sent in the
    /// extended dialect is repeated in this one.
    func becomeClassic(_ classic: ClassicSession) {
        guard case .undecided(let helloSession, _) = session else { return }
        session = .classic(classic, extended: helloSession)
        if !isReadOnly { replica.hasMetClassic = true }
        if helloSession.pending.hasSaidHello { classic.gossip() }
        helloSession.pending = PendingControl()
    }

    /// Closes the session if it has found a reason to.
    @inline(never)
    func settleClosing() {
        guard let closed = closing else { return }
        closing = nil
        if let helloSession = session.helloSession {
            closed.silence = helloSession.silence
            closed.peerSource = helloSession.peerSource.take()
            helloSession.dropPeer()
        }
        session = .closed(closed)
        endBackpressure()
        raise(.ended, closed.failure.code)
    }

    /// Drops the pending output and remembers the peer, because the link ends.
    func endLink() {
        session.helloSession?.endLink()
        session.classic?.endLink()
        output = SendBuffer()
        endBackpressure()
    }
}
