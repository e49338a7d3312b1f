/// A replica's conversation with one peer: takes the messages that come in, and says what is to go out.
///
/// A link is a face. The session has the state of the conversation, and the context what each session needs: replica, transport, send
/// buffer. Nothing is queued: a session derives what it still has to send when it is wanted. When that is much, the link is over its
/// high-water mark.
public final class Link {
    public typealias Options = LinkOptions

    let context: LinkContext
    /// Held, so that it is there as long as its links are; a constant, so that reading it counts nothing.
    let replica: Replica
    var session: Session {
        didSet {
            if case .extended(let session) = session {
                extendedReference = .passUnretained(session)
            } else {
                extendedReference = nil
            }
        }
    }
    /// The extended session once the peer has said hello, not counted: a read would count it up and down otherwise.
    private(set) var extendedReference: Unmanaged<ExtendedSession>?
    /// What the part of a line takes that waits for its end.
    var waitingBytes = 0
    /// The bytes of the send buffer that `peek` has shown and nobody has taken yet.
    var shown = 0

    fileprivate init(_ replica: Replica, options: Options) {
        self.replica = replica
        let nonce = replica.nonces.next()
        context = LinkContext(
            replica, options,
            options.contains(.datagram) ? .datagrams(AddressCheck(replica.nonces.next())) : .stream)
        session =
            options.contains(.classic)
            ? .classic(ClassicSession(context), greeting: nil)
            : .undecided(ExtendedSession(context, nonce: nonce), asking: nil)
    }

    deinit {
        guard let place else { return }
        if isOverHighWaterMark { replica.linksOverMark -= 1 }
        if let source = peerID { replica.unlink(source, at: place) }
        replica.removeLink(at: place)
    }

    /// The extended session once the peer has said hello.
    var extended: ExtendedSession? { session.spoken }

    /// Where it stands in `Replica.links`; nil once it is closed.
    fileprivate(set) var place: Int? {
        get { context.index }
        set { context.index = newValue }
    }
    /// What stands for this link at its host. Not used here.
    public var host: LinkHost {
        get { context.host }
        set { context.host = newValue }
    }
}

/// The open links of a replica, in no order; each knows its place. It lists what it does not own: the host owns a link, and
/// the link its replica.
struct OpenLinks: RandomAccessCollection {
    private var references: [Unmanaged<Link>] = []

    var startIndex: Int { 0 }
    var endIndex: Int { references.count }

    subscript(place: Int) -> Link { references[place].takeUnretainedValue() }

    fileprivate mutating func append(_ link: Link) {
        link.place = count
        references.append(.passUnretained(link))
    }

    /// The last one takes the place. O(1).
    fileprivate mutating func remove(at place: Int) {
        let last = references.removeLast()
        guard place < count else { return }
        last._withUnsafeGuaranteedRef { $0.place = place }
        references[place] = last
    }
}

extension Replica {
    /// Opens a link to one more peer, which the caller owns: it is open until `close`, or until nobody holds it any more.
    /// - Throws: `.links`; `.argument` for datagrams in the classic dialect, which has none; `.cluster` for the classic dialect in a
    ///   cluster, which it cannot check.
    public func openLink(_ options: Link.Options = []) throws(Failure) -> Link {
        guard !options.isSuperset(of: [.datagram, .classic]) else {
            throw Failure(.argument, "the classic dialect has no datagrams")
        }
        guard !options.contains(.history) || options.contains(.classic) || options.contains(.any) else {
            throw Failure(.argument, "SCUTTLE_LINK_HISTORY is for the classic dialect")
        }
        guard !options.contains(.classic) || cluster.bytes.isEmpty else {
            throw Failure(.cluster, "the classic dialect cannot check that a peer belongs to the cluster")
        }
        guard links.count < configuration.maxLinks else {
            throw Failure(.links, "another link than the \(links.count) open; max_links")
        }
        if options.contains(.classic) { hasMetClassic = true }
        let link = Link(self, options: options)
        links.append(link)
        return link
    }

    /// Closes a link; what it still had to send is dropped, here and now: the object itself may go later, when nothing
    /// protects the records that it held.
    public func close(_ link: Link) {
        link.letGo()
        guard let place = link.place else { return }
        if let source = link.peerID { unlink(source, at: place) }
        link.place = nil
        removeLink(at: place)
    }

    fileprivate func removeLink(at place: Int) {
        marks.remove(at: place, last: links.count - 1)
        if let last = links.last, last.place != place { moveLinkedSource(of: last, to: place) }
        links.remove(at: place)
    }

    /// Asks every peer for what is new.
    public func gossip() {
        refreshRetirements()
        for link in links { link.gossip() }
        rest()
    }

    /// What is left to do when a call has done its work.
    func rest() {
        refreshRetirements()
        purgeStable()
        shrinkIdleSources()
        shortenPast()
    }
}

extension Link {
    /// Asks this peer for what is new; a question that still waits is enough. Renews the replica's promise.
    public func gossip() {
        // What was inverted by an update of a classic peer may make nobody ask for it.
        if replica.hasMetClassic || context.isReadOnly { replica.settleInversions() }
        replica.passFloor()
        replica.reconsiderRefused()
        replica.renewPromise()
        switch session {
        case .classic(let session, _): session.gossip()
        case .extended(let session): session.greet()
        case .undecided(let greeter, let asking):
            // A peer that has not answered a hello may be a classic one that never asks by itself.
            if greeter.pending.hasGreeted, context.allowsClassic {
                let classic = asking ?? ClassicSession(context)
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

extension Link {
    /// The peer has said something valid in the classic dialect. What it was asked in the other is asked again.
    func becomeClassic(_ classic: ClassicSession) {
        guard case .undecided(let greeter, _) = session else { return }
        session = .classic(classic, greeting: greeter)
        if !context.isReadOnly { replica.hasMetClassic = true }
        if greeter.pending.hasGreeted { classic.gossip() }
        greeter.pending = PendingControl()
    }

    /// Ends the conversation if the session has found a reason to.
    @inline(never)
    func settleClosing() {
        guard let closed = context.closing else { return }
        context.closing = nil
        if let greeter = session.greeter {
            closed.silence = greeter.silence
            closed.peerSource = greeter.peerSource.take()
            greeter.forgetPeer()
        }
        session = .closed(closed)
        leaveHighWaterMark()
        context.raise(.ended, closed.failure.code)
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
                session = .classic(ClassicSession(context), greeting: greeter)
                hasGreeted = before.hasBegun
            case .closed(let closed): session = .closed(ClosedSession(closed.failure))
            }
        } else if case .closed(let closed) = other.session {
            session = .closed(ClosedSession(closed.failure))
        } else {
            hasGreeted = other.session.classic?.hasBegun ?? false
        }
        if unread.count > 0 || !other.context.output.isEmpty {
            context.output.append { text in
                text.append(unread)
                other.context.output.visitSpans { text.append($0) }
            }
        }
        if hasGreeted { gossip() }
    }

    fileprivate func letGo() {
        session.greeter?.letGo()
        session.classic?.letGo()
        _ = noteWaiting(0)
        context.output = SendBuffer()
        shown = 0
        leaveHighWaterMark()
    }
}
