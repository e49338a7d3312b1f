/// What a replica is made with. The closures run during calls on the replica and must not call it.
public struct Configuration {
    /// The messages in one batch, and the high-water mark of a link.
    public var mtu = 10
    /// The updates that the history remembers.
    public var maxHistory = 10
    public var resolver = Resolver.lastWriter
    /// Whether the first update goes before the second in an answer and in `news`; nil: by version, then source id.
    public var sort: ((Update, Update) -> Bool)?
    /// Of everything random in the replica.
    public var seed: UInt64 = 0
    public var limits = Limits()
    public var maxLinks = 1 << 16
    /// Keys that hold a value.
    public var maxKeys = Int.max
    /// Links join replicas of one cluster only.
    public var cluster: [UInt8] = []
    /// The versions of the extended dialect to speak.
    public var protocolVersions: ClosedRange<UInt32> = 1...1
    /// Forget no tombstone for being stable.
    public var keepsTombstones = false
    /// More are forgotten, stable or not.
    public var maxTombstones = 1 << 20
    /// Retired incarnations that are kept; beyond it the lowest go.
    public var maxRetired = 1 << 20
    /// Exceptions to the version vector that are remembered; beyond it a link ends.
    public var maxRefused = 1024
    /// A name that nobody has heard of for so many milliseconds is retired by itself; 0: never.
    public var retireAfter: UInt64 = 0
    /// From here on records stand in a pool.
    var fewKeys = 512

    #if DEBUG
        /// For tests.
        public var disabledRules: DisabledRules = []
    #endif

    /// An update became the entry of its key.
    public var onUpdate: ((Update) -> Void)?
    /// The history is about to forget these updates, oldest first.
    public var onCompaction: (([Update]) -> Void)?
    /// Whether two JSON texts that differ are spellings of one value.
    public var isRespelling: (Bytes, Bytes) -> Bool = { _, _ in false }
    /// The last link that was over its high-water mark has been read empty.
    public var onDrain: (() -> Void)?
    /// Something has happened on a link; the number is the code that `Event` speaks of.
    public var onEvent: ((LinkIdentity, Event, Int32) -> Void)?

    /// The state store of the host; nil: the host keeps the replica nowhere.
    public var store: StateStore?

    /// Whether an update from a peer may be taken; or whether a reset may take an entry away (`Update.Kind.reset`).
    public var accept: ((LinkIdentity, Update) -> Bool)?
    /// A peer has not taken an update, or it fits no datagram; the number is the code of the reason.
    public var onRefused: ((LinkIdentity, Update, Int32) -> Void)?

    public init() {}

    /// Of updates of all sources.
    var order: (Update, Update) -> Bool { sort ?? { $0.precedes($1) } }
}
