/// The state of a replica, and all that changes it but its links: the map, the version vector, the history, tombstones, expiry,
/// exceptions, retired sources.
///
/// The overridable methods at the end of the class connect a store with its links. `Replica` overrides them; each has a result
/// for a store without links. A store calls them in the midst of its work. They may read all of the store, and change only what
/// their comments name.
///
/// An update has a timestamp, by which the resolver decides, and a dot, under which it travels: see `Timestamp` and `Dot`.
///
/// Invariants: each update at or below a source's `covered` is applied, beaten or deleted here; `version` is at least every
/// version here; each entry stands in its source's `VersionIndex` and in `arrivals`; the history holds only covered updates.
///
/// All fields are final, so that subclasses reach them without accessors.
public class Store {
    final let configuration: Configuration
    final let cluster: OwnedBytes
    /// The pool of this replica's records.
    final var pool = RecordPool()
    /// Whether `max_keys` or `max_bytes` is set, and whether a local write needs `prepare`.
    final let isBounded: Bool
    final let isGuarded: Bool
    final var keys: KeyTable
    final var sources: SourceTable
    final var history: History
    final var random: RandomSource
    final var arrivals = Arrivals()
    final var order = KeyOrder()

    /// The Lamport number: the highest version seen, here or from peers; 0 before the first.
    public final internal(set) var version: Version = 0

    /// A counter of the changes of entries.
    final var entryChanges: UInt64 = 0

    /// Whether peers may hold or cover something of this replica's own source: a dot of it was issued, or its low-water mark was
    /// sent in a cover or a commit.
    final var isOwnKnown = false

    /// The number of this incarnation, by which peers tell starts apart.
    final var incarnation: UInt64
    /// The source of the nonces of requests.
    final var nonces: NonceSource
    /// The GC epoch, which grows with each purge.
    final var epoch: UInt64 = 0
    /// The revision of the version vector, which grows with each change: peers request what has changed since a revision.
    final var revision: UInt64 = 0
    /// The past of the version vector, as far as bases need it.
    final var past = VectorPast()
    /// The number of entries of `past` above which `shortenPast` looks through them.
    final var pastLimit = 64
    /// The hash of the version vector and of out-of-order entries.
    final var dotHash = VectorHash()
    /// A counter of the times that covered updates did not enter the history. Live links then have to find them among the
    /// entries.
    final var historyBypasses: UInt64 = 0
    /// The number of entries that are out of order.
    final var outOfOrderCount = 0

    /// The ended sources without entries, and the sources that may have become such.
    final var retired: RetiredTable
    final var idleSources: [SourceID] = []
    /// Idle sources that returned not long ago, and the Lamport number at which they may shrink again.
    final var revivedSources: [SourceID] = []
    final var revivedUntil: Version = 0
    /// The retired names that stability still waits for.
    final var retiringNames: [NameID] = []
    /// The state of this replica when `refreshRetirements` last looked at the retiring names.
    final var refreshedAt: (revision: UInt64, entryChanges: UInt64) = (.max, 0)
    /// A name whose statement differed at that look.
    final var dissentingName: NameID?
    /// The part of names in the hash of the vector, and the state of this replica when it was computed.
    final var namesHash: (revision: UInt64, entryChanges: UInt64, hash: VectorHash) = (.max, 0, VectorHash())
    /// Whether this replica has retired its own name, and so writes no more.
    final var hasLeft = false
    /// The time that counts for `retire_after_ms`, and the time when names were last looked at.
    final var silenceClock: UInt64 = 0
    final var silenceCheckedAt: UInt64 = 0

    /// The exceptions to the version vector; nil: there are none.
    final var refused: RefusedTable?
    /// The value of `revision` when a reset removed entries and was incomplete.
    final var incompleteResetAt = UInt64.max
    /// The latest sequence of the exceptions while there are none; and the number of changes of `revision` by exceptions above
    /// the vector. Such changes could go on for ever, so no link requests again because of them.
    final var exceptionSequence: UInt64 = 0
    final var uncoveredExceptionChanges: UInt64 = 0
    /// The number of announced exceptions that were dropped.
    final var endedExceptions: UInt64 = 0
    /// Whether a peer has named exceptions of its own.
    final var peersHaveExceptions = false
    /// Whether an update may be an exception, or the host's `accept` decides on it.
    final var isSelective = false
    /// The refusals of peers that were reported to the host.
    final var reportedRefusals = RecentMarks()

    /// The keys whose entry has beaten a newer dot.
    final var inversions = Inversions()
    /// The hash of the entries that had arrived up to `hashedArrival` and still stand.
    final var contents = ContentHash()
    final var hashedArrival: Arrivals.Sequence = 0
    /// Whether an update of the running call has replaced another content under its own timestamp.
    final var hasSeenEquivocation = false

    final var tombstones = KeyHeap()
    final var waiting = Waiting()
    final var tombstoneThreshold: Int
    /// The greatest GC version of all sources.
    final var highestPurged: Version = 0
    /// The entries that were removed last.
    final var removals: RemovedEntries
    /// The latest saves, from whose cursors a save goes on.
    final var saveMarks = SaveMarks()
    /// A source whose low-water mark held tombstones back at the latest look.
    final var stabilityBlocker: SourceID?

    /// The host's time, the times at which keys expire, and the keys that this replica renews.
    final var leases = LeaseClock()
    final var expiries = KeyHeap()
    final var renewals = Renewals()

    /// Whether a link has been classic: a peer may know no reset, so that it needs each delete.
    final var hasMetClassic = false

    /// Whether an export of this replica's name is being loaded. All its sources are loaded even above `max_sources`, because
    /// this start is one source more.
    final var isLoadingOwn = false

    /// The changes that are not in the host's store yet; nil: there is no store.
    final var changes: StoreChanges?
    /// A counter of the changes of names.
    final var nameChanges: UInt64 = 0

    /// The lowest arrival of an entry in shared deltas: see `invalidateShared`.
    final var earliestShared = Arrivals.Sequence.max

    /// Whether `onCompaction` is running, and whether it has kept the history.
    public final internal(set) var isCompacting = false
    final var hasKept = false

    /// The number in the history at which `historyReachesMark` is called; `max`: none.
    final var historyMark = UInt64.max

    /// The figures for the operator, whose gauges are those of the latest look, and the traffic of the links that were closed.
    /// The last fields, so that those above stand nearer to the front.
    final var counters = Statistics()
    final var closedTraffic = Traffic()

    init(ownID: Bytes, configuration: Configuration, encoding: StoreEncoding) {
        self.configuration = configuration
        isBounded = configuration.isBounded
        isGuarded = isBounded || configuration.store != nil
        cluster = OwnedBytes(copying: configuration.cluster)
        let secrets = Secrets(seed: configuration.seed)
        random = secrets.random
        incarnation = secrets.incarnationNumber(of: ownID) & .highest
        nonces = secrets.nonces
        keys = KeyTable(hash: secrets.tableHash)
        sources = SourceTable(own: ownID, hash: secrets.tableHash, encodeID: encoding.encodeID)
        retired = RetiredTable(key: secrets.derive(Bytes("ended sources")))
        history = History(capacity: configuration.maxHistory)
        removals = RemovedEntries(capacity: max(4096, configuration.maxHistory))
        tombstoneThreshold = configuration.maxTombstones
        isSelective = isBounded || configuration.accept != nil
        changes = configuration.store.map { StoreChanges($0, storeFirst: encoding.storeFirst) }
        past.makeRoom(for: SourceTable.own)
    }

    // MARK: References to sources and bases

    /// Returns whether a link or a remembered peer refers to a source in a way that its hash alone does not allow. Then the
    /// source does not shrink, until it becomes idle once more. O(links and remembered peers).
    func refers(to source: SourceID) -> Bool { false }

    /// Tells that a source shrinks: its id names nothing after the call on the store, and may be used again then. It still stands
    /// in the table.
    /// - Parameter isKept: whether its entry is the last one of `retired`; otherwise it was dropped at once.
    func sourceShrinks(_ source: SourceID, to entry: RetiredTable.Entry, isKept: Bool) {}

    /// Tells that a retired source has an id and its place in the table again. Its entry stood at a position of `retired`.
    func sourceReturns(_ source: SourceID, from entry: RetiredTable.Entry, at position: Int) {}

    /// Tells that a source has received an id. `Replica` may set its `isLinked`.
    func sourceAppears(_ source: SourceID) {}

    /// Returns the oldest base of the version vector, `max` if there is none, and the number of links that may have one. The past
    /// before that base is dropped. O(links and remembered peers).
    func basesInUse() -> (oldest: UInt64, links: Int) { (.max, 0) }

    /// Tells that the vector's past before a base is about to be dropped: no older base may be in use when this returns. The
    /// present vector may become a base.
    func leaveBases(before base: UInt64) {}

    // MARK: Obstacles to a purge

    /// Returns the position of a walk in the order of arrival, `max` if there is no walk of that number. Numbers of walks are
    /// valid in one call, and a guess afterwards.
    func position(ofWalk walk: Int) -> Arrivals.Sequence { .max }

    /// Returns the position of the walk that is the least far, and its number; `max` if there is no walk. The walk would miss a
    /// tombstone above its position that was purged. O(links).
    func leastWalk() -> (position: Arrivals.Sequence, walk: Int) { (.max, 0) }

    /// Returns a function that returns whether a peer has refused an update; nil if no peer has refused one. The function is
    /// valid in one purge. O(links).
    func refusalsOfPeers() -> ((Record) -> Bool)? { nil }

    // MARK: Events

    /// Tells that the history has reached `historyMark`. `Replica` sets a higher one.
    func historyReachesMark() {}

    /// Tells that shared deltas are out of date: one of their updates is no entry any more, a source in them shrinks, or their
    /// memory is needed. `Replica` sets `earliestShared` to the arrival of the first entry in the next shared delta, or to
    /// `max`.
    func invalidateShared() {}

    /// Tells that an exception above the vector is evicted before its update has arrived. The progress of deltas that have named
    /// it counts no more.
    func exceptionIsEvicted(_ dot: Dot) {}

    /// Tells that refused updates are missing from now on. The progress of deltas without them counts no more, and classic peers
    /// receive digests that request all updates.
    func refusalsAreLifted() {}

    /// Tells that memory is needed: updates that wait for their cover are to be dropped, and peers send them again.
    /// - Parameter holder: the index of the link that holds them; nil: all links.
    func dropPending(of holder: Int?) {}

    #if DEBUG
        /// Returns a broken invariant between the store and its links, for tests.
        func brokenReference() -> String? { nil }
    #endif
}

extension Store {
    /// The source of this replica's writes, with a NUL behind it.
    public var id: Bytes { own.id }

    /// The name of this replica: its source without the incarnation.
    public var name: Bytes { id.nameOfSource }

    /// The limits on updates.
    public var limits: Limits { configuration.limits }

    var own: Source { sources[SourceTable.own] }

    /// Raises the low-water mark of this replica's own source: its vector entry, above which all its future versions are.
    func raiseLowWaterMark() {
        if !hasLeft { cover(own, upTo: version) }
    }

    /// Raises the version above the floor of retired sources, if this replica's own source is not the furthest of its name.
    /// Otherwise peers would treat it as ended, and ignore its claims. Only a gossip does that, because two twins could overtake
    /// each other for ever.
    func passFloor() {
        if !own.isFurthest, version <= retired.floor, retired.floor < .highest { version = retired.floor + 1 }
    }

    /// Issues the version of the next dot.
    func issueVersion() {
        version += 1
        cover(own, upTo: version)
        isOwnKnown = true
    }

    /// Does what is due at the end of a call: retirements, purges, shrinking sources, the past of the vector.
    func finishCall() {
        refreshRetirements()
        purgeStable()
        shrinkIdleSources()
        shortenPast()
    }

    /// Whether this replica may issue another dot. A replica that has left still republishes, because no peer may hold its
    /// entries.
    var mayWrite: Bool { version < .highest }
}
