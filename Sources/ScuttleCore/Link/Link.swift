/// A replica's conversation with one peer, in messages: what came in goes to one of the `receive` functions, what is to go
/// out comes from the send buffer.
///
/// What a link still has to send is derived when it is wanted, from cursors; nothing is dropped and nothing is queued. When
/// that is much, the link is over its high-water mark: see `Link+HighWaterMark`.
///
/// It begins without a dialect: it says hello when it is to ask, and speaks as its peer does once that has spoken. The
/// classic half is in `Link+Classic`, the extended one in `Link+Greeting`, `Link+Requests`, `Link+Sending`,
/// `Link+Receiving`, `Link+Contents` and `Link+Twins`.
public final class Link {
    public struct Options: OptionSet, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// After the first reconciliation new updates go out without being asked for.
        public static let live = Options(rawValue: 1)
        /// Each read makes one datagram, each message that comes in is a line of one.
        public static let datagram = Options(rawValue: 2)
        /// Nothing is accepted from the peer.
        public static let readOnly = Options(rawValue: 4)
        /// Never say hello.
        public static let classic = Options(rawValue: 8)
        /// Say hello, and speak the classic dialect if the peer does.
        public static let any = Options(rawValue: 16)
        /// Answers of the classic dialect come from the history, too.
        public static let history = Options(rawValue: 32)
    }

    enum Dialect {
        case unknown
        case classic
        case extended
        /// One side has rejected the other.
        case ended(Failure)
    }

    // Where a small field stands is a matter of size: it fills the last word of the one before, and a host may hold a link
    // for each of thousands of peers.

    /// Held, so that it is there as long as its links are; a constant, so that reading it counts nothing.
    let replica: Replica
    /// Where it stands in `Replica.links`; nil once it is closed.
    fileprivate(set) var place: Int?
    public let options: Options
    var dialect: Dialect

    /// The classic dialect, once it is spoken.
    var classic: ClassicConversation?

    // The extended dialect.
    var pending = PendingControl()
    var requests: OpenRequests
    /// Of a datagram link.
    let address: AddressCheck?
    var peer = PeerState()
    var outgoing: OutgoingDelta? {
        willSet { windows = max(windows, outgoing?.window ?? 0) }
    }
    /// In datagrams: the number of the latest window of the deltas before. Late answers to it are told from those to the next.
    var windows: UInt64 = 0
    var incoming = IncomingDelta()
    /// What was sent instead of an answer had to wait for the peer's reset.
    var isDeferred = false
    /// Both vectors were found equal, and have not been found different since.
    public internal(set) var isInStep = false
    /// Gossips since the whole vector was last asked for.
    var gossips: UInt8 = 0
    /// Gossips since the peer's last hello, up to 255.
    var silence: UInt8 = 0
    /// What is known of another incarnation of the peer's name.
    var suspicion = Suspicion.none
    /// The peer has said that this replica's name has another live incarnation.
    var hasHeardOfTwin = false
    /// What the peer writes under, as its last hello said.
    var peerSource: OwnedBytes?
    /// A hash of the peer's name.
    var peerName: UInt64 = 0
    var memory: LinkMemory?
    /// Of a live link that has nothing to catch up with: the number in the history of the next update to look at.
    var follows: UInt64?
    /// Updates of the peer's own that stand in the history behind that number, or behind a log's cursor: they do not wait.
    var echoes = 0
    /// The replica's epoch when this link last looked whether its peer lags.
    var checkedEpoch: UInt64 = 0
    /// The same of its detours.
    var checkedDetours: UInt64 = 0
    /// Updates that fit no datagram, some of each source: those that a commit is to name, and the one behind them.
    var withheld: DotOrder?

    var output = SendBuffer()
    public internal(set) var isOverHighWaterMark = false
    /// The head under which the peer takes new updates has not been said, or is no longer the latest.
    var liveHeadIsDue = true
    /// What the next reads have to report, in order, and where the first of it stands.
    var failures: [Failure] = []
    var firstFailure = 0
    /// What the part of a line takes that waits for its end.
    var waitingBytes = 0
    /// The bytes of the send buffer that `peek` has shown and nobody has taken yet.
    var shown = 0
    /// What stands for this link at its host. Not used here.
    public var host: UnsafeRawPointer?

    fileprivate init(_ replica: Replica, options: Options) {
        self.replica = replica
        self.options = options
        dialect = options.contains(.classic) ? .classic : .unknown
        requests = OpenRequests(base: replica.nonces.next())
        address = options.contains(.datagram) ? AddressCheck(replica.nonces.next()) : nil
    }

    deinit {
        guard let place else { return }
        if isOverHighWaterMark { replica.linksOverMark -= 1 }
        if let source = peerSource?.bytes { replica.unlink(source, at: place) }
        replica.removeLink(at: place)
    }

    public var limits: Limits { replica.limits }
    public var isDatagram: Bool { options.contains(.datagram) }
    /// What the peer says changes nothing here.
    var isReadOnly: Bool { options.contains(.readOnly) }

    /// Whether a peer that speaks the classic dialect is let in. That dialect cannot say which cluster a peer belongs to.
    var allowsClassic: Bool {
        options.contains(.classic) || options.contains(.any) && !isDatagram && replica.cluster.bytes.isEmpty
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
        unlinkSource(of: link)
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
        if replica.hasMetClassic || isReadOnly { replica.settleInversions() }
        replica.passFloor()
        replica.reconsiderRefused()
        replica.renewPromise()
        switch dialect {
        case .classic: gossipClassic()
        case .extended: greet()
        case .unknown:
            // A peer that has not answered a hello may be a classic one that never asks by itself.
            if pending.hasGreeted, allowsClassic { gossipClassic() }
            greet()
        case .ended: break
        }
        noteBacklog()
    }

    /// What this link remembers of rare things, made where there is nothing yet.
    @inline(never)
    func remembering() -> LinkMemory {
        if let memory { return memory }
        let made = LinkMemory()
        memory = made
        return made
    }

    /// A source is known by its hash alone from now on, and its number may be given to another.
    func forget(_ source: SourceID, _ entry: RetiredTable.Entry) {
        peer.forget(source)
        incoming.forget(source)
        memory?.forget(source, entry)
        classic?.forget(source, in: replica)
        memory?.sorted?.forget(source, in: replica)
    }

    /// A line of the peer could not be read: what an answer vouches for may have been in it.
    public func noteUnreadable() {
        incoming.excludesAll = true
    }

    /// The bytes that came in end here. Forgets what has become stable.
    public func finishReceiving() {
        if let address {
            incoming.endDatagram()
            address.isEchoed = false
        }
        if pending.wantsRest { askForTheRest() }
        replica.rest()
    }
}

extension Link {
    /// Begins a conversation anew in place of another replica's link, over the same stream: what that was about to send goes out
    /// first, since the peer may have the front of a line.
    /// - Parameter unread: bytes that were read and did not go out.
    public func replace(_ other: Link, unread: Bytes) {
        dialect = other.dialect
        host = other.host
        (incoming.isDropped, incoming.dropsUnasked) = (true, true)
        if unread.count > 0 || !other.output.isEmpty {
            output.append { text in
                text.append(unread)
                other.output.visitSpans { text.append($0) }
            }
        }
        if other.pending.hasGreeted || other.classic != nil { gossip() }
    }

    fileprivate func letGo() {
        rememberPeer()
        _ = noteWaiting(0)
        classic = nil
        outgoing = nil
        follows = nil
        memory?.sorted = nil
        incoming.endDelta()
        output = SendBuffer()
        shown = 0
        leaveHighWaterMark()
    }
}

// MARK: - Events

extension Link {
    /// Tells the host.
    func raise(_ event: Event, _ code: Failure.Code? = nil) {
        replica.configuration.onEvent?(self, event, code?.rawValue ?? 0)
    }
}
