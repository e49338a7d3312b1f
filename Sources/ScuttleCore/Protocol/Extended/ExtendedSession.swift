/// A conversation in the extended dialect: vectors request, deltas follow. docs/reference/protocol.md has its rules.
///
/// It derives each message from cursors when the message is sent, and queues nothing. A link has it from its opening
/// on, because it says hello. Messages of the peer count after the peer's hello.
final class ExtendedSession {
    // The order of the fields saves memory: a small field fills the last word of the one before.

    private let surroundings: Unowned<LinkContext>
    var context: LinkContext { surroundings.object }
    /// The context's. A constant, because reading it counts no reference.
    let replica: Replica

    var pending = PendingControl()
    var requests: OpenRequests
    var peer = PeerState()
    var outgoing: OutgoingDelta? {
        willSet { lastWindow = max(lastWindow, outgoing?.window ?? 0) }
    }
    /// The latest window of the deltas before, in datagrams. It tells late vectors for that window from those for the
    /// next.
    var lastWindow: UInt64 = 0
    var incoming = IncomingDelta()
    /// The peer's source, by its latest hello.
    var peerSource: OwnedBytes?
    /// A hash of the peer's name.
    var peerName: UInt64 = 0
    var memory: LinkMemory?
    /// The index in the history of the next update to send, of a live link whose peer has all before it.
    var follows: UInt64?
    /// Whether the delta for the peer's request waits for the peer's reset.
    var isDeferred = false
    /// Whether the vectors of both replicas were equal at the latest comparison.
    var isInStep = false
    /// Gossips since the latest request for the whole vector.
    var gossips: UInt8 = 0
    /// Gossips since the peer's last hello, up to 255.
    var silence: UInt8 = 0
    /// The knowledge about another incarnation of the peer's name.
    var suspicion = Suspicion.none
    /// Whether the peer has reported another live incarnation of this replica's name.
    var hasReceivedTwin = false
    /// Whether the head for new updates is pending, because it was not sent or has changed.
    var liveHeadIsDue = true
    /// The number of the peer's own updates in the history behind that index, or behind the cursor of a log delta. They
    /// are not pending.
    var echoes = 0
    /// The replica's GC epoch at this session's latest check of whether the peer lags.
    var checkedEpoch: UInt64 = 0
    /// The replica's detours at that check.
    var checkedBypasses: UInt64 = 0
    /// The updates that fit no datagram: of each source those that a commit names, and the next one.
    var withheld: DotOrder?

    /// - Parameter nonce: the base of the requests' nonces.
    init(_ context: LinkContext, nonce: UInt64) {
        surroundings = Unowned(context)
        replica = context.replica
        requests = OpenRequests(base: nonce)
    }

    /// Whether messages of the peer change nothing here.
    var isReadOnly: Bool { context.isReadOnly }
    /// Whether control messages count: on a stream always, in a datagram if it echoes the token.
    var isAddressed: Bool { context.transport.address?.isEchoed ?? true }
    /// Whether the peer receives new updates without a request.
    var isFollowing: Bool { follows != nil || outgoing?.isLive ?? false }

    /// Returns the memory of rare facts, and makes it if there is none.
    @inline(never)
    func remembering() -> LinkMemory {
        if let memory { return memory }
        let made = LinkMemory()
        memory = made
        return made
    }

    /// Ends the link if an error is one of identity. Returns the error.
    func ending(_ failure: Failure) -> Failure {
        failure.code == .identity ? context.end(.identity, failure) : failure
    }

    /// Returns the progress of the peer's deltas.
    /// - Parameter window: the window of datagrams that the vector is sent for; 0 for none.
    func progress(window: UInt64 = 0) -> Progress? {
        incoming.progress(of: peer.incarnation, withRanges: context.transport.hasWindows, window: window)
    }

    /// Notes that a source was retired, and its index in the retired table if it is there. Another source may get its
    /// id.
    func noteRetirement(of source: SourceID, _ entry: RetiredTable.Entry, at position: Int?) {
        let isKnown = peer.confirmed(source, in: replica) >= entry.version
        peer.remove(source)
        incoming.remove(source)
        memory?.noteRetirement(of: source, entry)
        memory?.sorted?.remove(source, in: replica)
        if let position, isKnown { noteHeldInFull(position) }
    }

    /// Ends a read: the caller has no more bytes for now.
    func finishReceiving() {
        if let address = context.transport.address {
            incoming.endDatagram()
            address.isEchoed = false
        }
        if pending.requestsMissing { requestMissing() }
    }

    /// Drops the pending output and remembers the peer, because the link ends.
    func endLink() {
        rememberPeer()
        outgoing = nil
        follows = nil
        memory?.sorted = nil
        incoming.endDelta()
    }

    // MARK: Pending messages

    /// Counts the pending messages.
    func noteBacklog() { context.note(backlog) }

    /// The pending updates. A delta in datagrams that waits for the peer's vector has none.
    @_optimize(speed)
    var backlog: Backlog {
        if let outgoing, !outgoing.isPaused {
            let updates = outgoing.backlog(in: replica)
            return Backlog(
                messages: outgoing.mode.hasCovers ? max(0, updates - echoes) : updates, isGrowing: true)
        }
        guard let follows else { return Backlog(messages: 0) }
        return Backlog(
            messages: max(0, Int(truncatingIfNeeded: replica.history.end &- follows) - echoes), isGrowing: true)
    }

    /// Whether something is pending, as far as this is known without encoding it.
    var hasPending: Bool {
        if !pending.isEmpty { return true }
        if let outgoing, outgoing.hasMore(in: replica) { return true }
        guard let follows else { return false }
        return follows < replica.history.end || checkedBypasses != replica.historyBypasses
    }
}
