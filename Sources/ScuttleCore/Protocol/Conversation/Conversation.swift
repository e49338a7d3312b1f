/// A conversation with one peer: what a link is without the bytes.
///
/// It has the session, which is the state of the conversation, and is the context, which is what each session may use. Nothing is queued:
/// a session derives what it still has to send when it is wanted. When that is much, the link is over its high-water mark.
public class Conversation: LinkContext {
    /// nil only inside of the initializer, because a session takes its context.
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
    /// The extended session once the peer has said hello, not counted: a read would count it up and down otherwise.
    final private(set) var extendedReference: Unmanaged<ExtendedSession>?

    init(_ replica: Replica, _ options: LinkOptions) {
        let nonce = replica.nonces.next()
        super.init(
            replica, options,
            options.contains(.datagram) ? .datagrams(AddressCheck(replica.nonces.next())) : .stream)
        session =
            options.contains(.classic)
            ? .classic(ClassicSession(self), greeting: nil)
            : .undecided(ExtendedSession(self, nonce: nonce), asking: nil)
    }

    deinit {
        guard let index else { return }
        if isOverHighWaterMark { replica.linkTable.linksOverMark -= 1 }
        if let source = peerID { replica.unlink(source, at: index) }
        replica.removeLink(at: index)
    }

    /// The extended session once the peer has said hello.
    final var extended: ExtendedSession? { session.spoken }

    /// The source that the peer writes under, as its hello says; nil before that. A NUL stands behind it.
    public final var peerID: Bytes? {
        if case .closed(let session) = session { return session.peerSource?.bytes }
        return session.greeter?.peerSource?.bytes
    }
}

extension Conversation {
    /// Asks this peer for what is new; a question that still waits is enough. Renews the replica's promise.
    public func gossip() {
        // What was inverted by an update of a classic peer may make nobody ask for it.
        if replica.hasMetClassic || isReadOnly { replica.settleInversions() }
        replica.passFloor()
        replica.reconsiderRefused()
        replica.renewPromise()
        switch session {
        case .classic(let session, _): session.gossip()
        case .extended(let session): session.greet()
        case .undecided(let greeter, let asking):
            // A peer that has not answered a hello may be a classic one that never asks by itself.
            if greeter.pending.hasGreeted, allowsClassic {
                let classic = asking ?? ClassicSession(self)
                session = .undecided(greeter, asking: classic)
                classic.gossip()
            }
            greeter.greet()
        case .closed: break
        }
        noteBacklog()
    }

    /// A source is known by its hash alone from now on, at a position if it is kept. Its number may be given to another.
    @inline(never)
    func forget(_ source: SourceID, _ entry: RetiredTable.Entry, at position: Int?) {
        session.greeter?.forget(source, entry, at: position)
        session.classic?.forget(source)
    }

    /// What the vector was before a base is not kept any more.
    func forgetBases(before base: UInt64) {
        session.greeter?.forgetBases(before: base)
        session.classic?.forgetBases(before: base)
    }

    /// The sequence up to which the peer has been given what has arrived here: a tombstone behind it is still needed, lest what
    /// is on its way become a reset.
    var walkPosition: Arrivals.Stamp { extended?.walkPosition ?? .max }

    /// A line of the peer could not be read: what an answer vouches for may have been in it.
    public func noteUnreadable() {
        session.greeter?.incoming.excludesAll = true
    }

    /// The bytes that came in end here. Forgets what has become stable.
    public func finishReceiving() {
        session.greeter?.finishReceiving()
        replica.rest()
    }
}

// MARK: - What the session is

extension Conversation {
    /// The peer has said something valid in the classic dialect. What it was asked in the other is asked again.
    func becomeClassic(_ classic: ClassicSession) {
        guard case .undecided(let greeter, _) = session else { return }
        session = .classic(classic, greeting: greeter)
        if !isReadOnly { replica.hasMetClassic = true }
        if greeter.pending.hasGreeted { classic.gossip() }
        greeter.pending = PendingControl()
    }

    /// Ends the conversation if the session has found a reason to.
    @inline(never)
    func settleClosing() {
        guard let closed = closing else { return }
        closing = nil
        if let greeter = session.greeter {
            closed.silence = greeter.silence
            closed.peerSource = greeter.peerSource.take()
            greeter.forgetPeer()
        }
        session = .closed(closed)
        leaveHighWaterMark()
        raise(.ended, closed.failure.code)
    }

    /// Drops what the conversation still had to send, and remembers the peer.
    func letGo() {
        session.greeter?.letGo()
        session.classic?.letGo()
        output = SendBuffer()
        leaveHighWaterMark()
    }
}
