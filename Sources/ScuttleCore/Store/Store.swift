/// The state of a replica, and all that changes it but its links: the map, the version vector, the history, tombstones, expiry, exceptions,
/// retired sources.
///
/// The methods at the end of the class ask and tell whoever carries its updates to peers. `Replica` overrides them; each has an answer
/// for a store that nobody carries anywhere. A store calls them in the midst of its work. They may read all of the store, and change
/// only what their comments name.
///
/// An update has a timestamp, by which the resolver decides, and a dot, under which it travels: see `Timestamp` and `Dot`.
///
/// Invariants: what is at or below a source's `covered` is applied, beaten or deleted here; `version` is at least every
/// version here; each entry stands in its source's `VersionIndex` and in `arrivals`; the history holds only covered updates.
///
/// All fields are final, so that subclasses reach them without accessors.
public class Store {
    final let configuration: Configuration
    final let cluster: OwnedBytes
    /// Of the records of this replica.
    final var pool = RecordPool()
    /// `max_keys` or `max_bytes` is set; and whether a local write has to be looked at first.
    final let isBounded: Bool
    final let isGuarded: Bool
    final var keys: KeyTable
    final var sources: SourceTable
    final var history: History
    final var random: RandomSource
    final var arrivals = Arrivals()
    final var order = KeyOrder()

    /// The Lamport number: the highest version seen anywhere, here or from peers; 0 before the first.
    public final internal(set) var version: Version = 0

    /// Changes with each entry that comes or goes.
    final var entryChanges: UInt64 = 0

    /// A dot of the own source was issued, or its promise has gone out in a cover or a commit: others may hold or cover it.
    final var isOwnKnown = false

    /// Which start this is, as peers tell starts apart.
    final var incarnation: UInt64
    /// Of the nonces of requests.
    final var nonces: NonceSource
    /// The GC epoch: grows when something is forgotten.
    final var epoch: UInt64 = 0
    /// Grows with each change of the version vector: peers ask for what has changed since one they know.
    final var revision: UInt64 = 0
    /// What the vector was, as far as somebody relies on it.
    final var past = VectorPast()
    /// How long that may become before it is looked through.
    final var pastLimit = 64
    /// Of the version vector and of what is out of order.
    final var dotHash = VectorHash()
    /// Grows when updates are covered that did not enter the history: live links have to look for them elsewhere.
    final var historyBypasses: UInt64 = 0
    /// How many entries are ahead of the clock.
    final var outOfOrderCount = 0

    /// Ended sources that hold no entry; and those that may have become so.
    final var retired: RetiredTable
    final var idleSources: [SourceID] = []
    /// Idle sources that were revived not long ago, and the Lamport number at which they may shrink again.
    final var revivedSources: [SourceID] = []
    final var revivedUntil: Version = 0
    /// Names that are retired, and that stability still waits for.
    final var retiringNames: [NameID] = []
    /// What this replica was when it last looked at them.
    final var refreshedAt: (revision: UInt64, entryChanges: UInt64) = (.max, 0)
    /// A name that had not said the same of them then.
    final var dissentingName: NameID?
    /// What names add to the hash of the vector, and what this replica was when that was last added up.
    final var namesHash: (revision: UInt64, entryChanges: UInt64, hash: VectorHash) = (.max, 0, VectorHash())
    /// This replica has forgotten its own name: it writes nothing any more.
    final var hasLeft = false
    /// Time as `retire_after_ms` counts it, and when names were last looked at.
    final var silenceClock: UInt64 = 0
    final var silenceCheckedAt: UInt64 = 0

    /// Exceptions to the version vector; nil: there are none.
    final var refused: RefusedTable?
    /// The value of `revision` when a reset took entries away and was not whole.
    final var incompleteResetAt = UInt64.max
    /// The clock of the exceptions while there are none; and how many changes of the revision are exceptions ahead of the vector
    /// that came or went. Those could go on for ever, so no link asks again for them.
    final var exceptionSequence: UInt64 = 0
    final var uncoveredExceptionChanges: UInt64 = 0
    /// How many exceptions are over.
    final var endedExceptions: UInt64 = 0
    /// A peer has named exceptions of its own.
    final var peersHaveExceptions = false
    /// Whether an update may be one, or has to be shown to the host before it is taken.
    final var isSelective = false
    /// Of what the host has been told that peers have not taken.
    final var reportedRefusals = RecentMarks()

    /// Keys whose entry has beaten a newer dot.
    final var inversions = Inversions()
    /// The hash of what had arrived at some time, but for what has gone since.
    final var contents = ContentHash()
    final var hashedArrival: Arrivals.Sequence = 0
    /// An update of the call that is running has replaced another content under its own timestamp.
    final var hasSeenEquivocation = false

    final var tombstones = KeyHeap()
    final var waiting = Waiting()
    final var tombstoneThreshold: Int
    /// The greatest of all `Source.purged`.
    final var highestPurged: Version = 0
    /// The tombstones that were forgotten last.
    final var purgedTombstones: PurgedTombstones
    /// A source whose promise held tombstones back when it was last looked at.
    final var stabilityBlocker: SourceID?

    /// Time, and what is to be deleted when; how many were added since that was last swept.
    final var leases = LeaseClock()
    final var expiries = KeyHeap()
    final var expiryCount = 0

    /// A link has spoken the classic dialect: a peer may be there that knows no reset, and has to get each delete as such.
    final var hasMetClassic = false

    /// An export of this replica's name is being loaded: what it has known as `max_sources` allowed, it knows again, though this
    /// start is one source more.
    final var isLoadingOwn = false

    /// What is not in the host's store yet; nil: there is no store.
    final var changes: StoreChanges?
    /// Grows with each change of what is known of a name.
    final var nameChanges: UInt64 = 0

    /// No entry that is written in shared updates has arrived earlier: see `invalidateShared`.
    final var earliestShared = Arrivals.Sequence.max

    /// `onCompaction` is running; and it has kept the history.
    public final internal(set) var isCompacting = false
    final var hasKept = false

    /// The number in the history whose update is told of by `historyReachesMark`; `max`: none.
    final var historyMark = UInt64.max

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
        purgedTombstones = PurgedTombstones(capacity: max(4096, configuration.maxHistory))
        tombstoneThreshold = configuration.maxTombstones
        isSelective = isBounded || configuration.accept != nil
        changes = configuration.store.map { StoreChanges($0, storeFirst: encoding.storeFirst) }
        past.makeRoom(for: SourceTable.own)
    }

    // MARK: What others refer to

    /// Whether somebody refers to a source by its number in a way that no longer holds once it is known by its hash alone: it does not
    /// shrink then, and is not asked about again until it becomes idle once more. O(links and remembered peers).
    func refers(to source: SourceID) -> Bool { false }

    /// A source shrinks: its number names nothing when the store's call is over, and may be given away then. It still stands in the
    /// table.
    /// - Parameter isKept: its entry is the last one of `retired`; otherwise it has been dropped at once.
    func sourceShrinks(_ source: SourceID, to entry: RetiredTable.Entry, isKept: Bool) {}

    /// A retired source has its number and its place in the table again; its entry stood at a position of `retired`.
    func sourceReturns(_ source: SourceID, from entry: RetiredTable.Entry, at position: Int) {}

    /// A number has been given to a source that was not known in full. The observer may set its `isLinked`.
    func sourceAppears(_ source: SourceID) {}

    /// The oldest base of the version vector on which somebody relies, `max` if nobody does; and how many links there are that may rely
    /// on some. What the vector was before that base is forgotten. O(links and remembered peers).
    func basesInUse() -> (oldest: UInt64, links: Int) { (.max, 0) }

    /// What the vector was before a base is about to be forgotten: nobody may rely on it when this returns. The observer may rely on
    /// the vector as it is.
    func leaveBases(before base: UInt64) {}

    // MARK: What holds a purge back

    /// How far a walk in the order of arrival has come, `max` if there is none of that number. Numbers of walks are good for one call,
    /// and a guess afterwards.
    func position(ofWalk walk: Int) -> Arrivals.Sequence { .max }

    /// The position of the walk that is the least far, and its number; `max` if there is no walk. A tombstone behind the position would be
    /// missed by the walk if it were purged. O(links).
    func leastWalk() -> (position: Arrivals.Sequence, walk: Int) { (.max, 0) }

    /// Says of an update whether a peer has refused it; nil if no peer has refused anything. Good while the purge that has asked for it
    /// runs. O(links).
    func refusalsOfPeers() -> ((Record) -> Bool)? { nil }

    // MARK: What has changed

    /// The history has reached `historyMark`. The observer sets a higher one.
    func historyReachesMark() {}

    /// What was written of the history for many to borrow is out of date: a part of it is no entry any more, a source that it names
    /// shrinks, or its memory is wanted. The observer sets `earliestShared` to the arrival of the first entry in what it writes next,
    /// or to `max`.
    func invalidateShared() {}

    /// An exception ahead of the vector is forgotten before its update has come: what has come of deltas that named it counts no more.
    func exceptionIsEvicted(_ dot: Dot) {}

    /// Refused updates are wanted from now on: what was left out of deltas on their way counts no more, and classic peers are asked
    /// for all they have.
    func refusalsAreLifted() {}

    /// Memory is wanted: updates that wait for their cover are let go, and their peers send them again.
    /// - Parameter holder: the place of the link that holds them; nil: all links.
    func dropPending(of holder: Int?) {}

    #if DEBUG
        /// What must hold between any two calls of what stands beside the store: the first thing that does not, in words.
        func brokenReference() -> String? { nil }
    #endif
}

extension Store {
    /// The source that this replica writes under; a NUL stands behind it.
    public var id: Bytes { own.id }

    /// What the host calls this replica: its source without the incarnation.
    public var name: Bytes { id.nameOfSource }

    /// What is refused as too much.
    public var limits: Limits { configuration.limits }

    var own: Source { sources[SourceTable.own] }

    /// A replica's own entry in the clock is a promise that all it will ever issue is higher.
    func raiseLowWaterMark() {
        if !hasLeft { cover(own, upTo: version) }
    }

    /// A twin that is behind is taken to have ended, and what it says counts nowhere if that was dropped. So it goes past the floor;
    /// only if the host gossips, because two twins could overtake each other for ever.
    func passFloor() {
        if !own.isFurthest, version <= retired.floor, retired.floor < .highest { version = retired.floor + 1 }
    }

    /// The version of the next dot.
    func issueVersion() {
        version += 1
        cover(own, upTo: version)
        isOwnKnown = true
    }

    /// What is left to do when a call has done its work.
    func finishCall() {
        refreshRetirements()
        purgeStable()
        shrinkIdleSources()
        shortenPast()
    }

    /// Whether it may issue another dot. One that has left still republishes, since what it holds may be with nobody else.
    var mayWrite: Bool { version < .highest }
}
