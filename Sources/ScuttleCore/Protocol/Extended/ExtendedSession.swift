/// A conversation in the extended dialect: vectors ask, deltas answer. docs/reference/protocol.md has its rules.
///
/// What it still has to send is derived when it is wanted, from cursors; nothing is dropped and nothing is queued. It exists from the
/// opening of its link, since it says hello; the messages of the peer count from the peer's hello on.
final class ExtendedSession {
    // Where a small field stands is a matter of size: it fills the last word of the one before.

    private let surroundings: Unowned<LinkContext>
    var context: LinkContext { surroundings.object }
    /// That of the context, a constant, so that reading it counts nothing.
    let replica: Replica

    var pending = PendingControl()
    var requests: OpenRequests
    var peer = PeerState()
    var outgoing: OutgoingDelta? {
        willSet { windows = max(windows, outgoing?.window ?? 0) }
    }
    /// In datagrams: the number of the latest window of the deltas before. Late answers to it are told from those to the next.
    var windows: UInt64 = 0
    var incoming = IncomingDelta()
    /// What the peer writes under, as its last hello said.
    var peerSource: OwnedBytes?
    /// A hash of the peer's name.
    var peerName: UInt64 = 0
    var memory: LinkMemory?
    /// Of a live link that has nothing to catch up with: the number in the history of the next update to look at.
    var follows: UInt64?
    /// What was sent instead of an answer had to wait for the peer's reset.
    var isDeferred = false
    /// Both vectors were found equal, and have not been found different since.
    var isInStep = false
    /// Gossips since the whole vector was last asked for.
    var gossips: UInt8 = 0
    /// Gossips since the peer's last hello, up to 255.
    var silence: UInt8 = 0
    /// What is known of another incarnation of the peer's name.
    var suspicion = Suspicion.none
    /// The peer has said that this replica's name has another live incarnation.
    var hasHeardOfTwin = false
    /// The head under which the peer takes new updates has not been said, or is no longer the latest.
    var liveHeadIsDue = true
    /// Updates of the peer's own that stand in the history behind that number, or behind a log's cursor: they do not wait.
    var echoes = 0
    /// The replica's epoch when this session last looked whether its peer lags.
    var checkedEpoch: UInt64 = 0
    /// The same of its detours.
    var checkedDetours: UInt64 = 0
    /// Updates that fit no datagram, some of each source: those that a commit is to name, and the one behind them.
    var withheld: DotOrder?

    /// - Parameter nonce: of which the nonces of requests are made.
    init(_ context: LinkContext, nonce: UInt64) {
        surroundings = Unowned(context)
        replica = context.replica
        requests = OpenRequests(base: nonce)
    }

    /// What the peer says changes nothing here.
    var isReadOnly: Bool { context.isReadOnly }
    /// Whether control messages count: on a stream always, in a datagram if it echoes the token.
    var isAddressed: Bool { context.transport.address?.isEchoed ?? true }
    /// Whether the peer gets new updates without asking.
    var isFollowing: Bool { follows != nil || outgoing?.isLive ?? false }

    /// What this session remembers of rare things, made if there is nothing yet.
    @inline(never)
    func remembering() -> LinkMemory {
        if let memory { return memory }
        let made = LinkMemory()
        memory = made
        return made
    }

    /// A failure of this dialect: one of identity ends the link.
    func ending(_ failure: Failure) -> Failure {
        failure.code == .identity ? context.end(.identity, failure) : failure
    }

    /// How far the peer's deltas have come.
    /// - Parameter window: the window of datagrams that this answers; 0: none.
    func progress(window: UInt64 = 0) -> Progress? {
        incoming.progress(of: peer.incarnation, withRanges: context.transport.hasWindows, window: window)
    }

    /// A source is known by its hash alone from now on, at a position if it is kept. Its number may be given to another.
    func forget(_ source: SourceID, _ entry: RetiredTable.Entry, at position: Int?) {
        let isKnown = peer.confirmed(source, in: replica) >= entry.version
        peer.forget(source)
        incoming.forget(source)
        memory?.forget(source, entry)
        memory?.sorted?.forget(source, in: replica)
        if let position, isKnown { noteHeldInFull(position) }
    }

    /// The bytes that came in end here.
    func finishReceiving() {
        if let address = context.transport.address {
            incoming.endDatagram()
            address.isEchoed = false
        }
        if pending.wantsRest { askForTheRest() }
    }

    /// The link closes: drops what it still had to send, and remembers the peer.
    func letGo() {
        rememberPeer()
        outgoing = nil
        follows = nil
        memory?.sorted = nil
        incoming.endDelta()
    }

    // MARK: What waits

    /// Counts what waits.
    func noteBacklog() { context.note(backlog) }

    /// Updates that wait. A delta in datagrams that waits for the peer's vector is nothing to be read.
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

    /// Whether something is to be sent, as far as can be told without making it.
    var hasPending: Bool {
        if !pending.isEmpty { return true }
        if let outgoing, outgoing.hasMore(in: replica) { return true }
        guard let follows else { return false }
        return follows < replica.history.end || checkedDetours != replica.detours
    }
}
