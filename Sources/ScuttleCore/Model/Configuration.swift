/// The configuration of a replica. Its closures run during calls on the replica and must not call it.
public struct Configuration {
    /// The messages of one batch. A link becomes full at this many pending messages.
    public var mtu = 10
    /// The count of updates that the history holds.
    public var maxHistory = 10
    public var resolver = Resolver.lastWriter
    /// Returns whether the first update precedes the second in deltas and in `news`; nil: by version, then source id.
    public var sort: ((Update, Update) -> Bool)?
    /// The seed of everything random in the replica.
    public var seed: UInt64 = 0
    public var limits = Limits()
    public var maxLinks = 1 << 16
    /// The limit of keys that hold a value.
    public var maxKeys = Int.max
    /// The cluster of the replica: a link ends if its peer belongs to another one.
    public var cluster: [UInt8] = []
    /// The supported versions of the extended dialect.
    public var protocolVersions: ClosedRange<UInt32> = 1...1
    /// Whether the replica purges no stable tombstones.
    public var keepsTombstones = false
    /// The limit of tombstones. Beyond it the replica purges the oldest, stable or not.
    public var maxTombstones = 1 << 20
    /// The limit of retired incarnations. Beyond it the replica drops those with the lowest versions.
    public var maxRetired = 1 << 20
    /// The limit of exceptions to the version vector. Beyond it a link ends.
    public var maxRefused = 1024
    /// A name is retired if no replica has renewed its low-water mark for this many milliseconds; 0: never.
    public var retireAfter: UInt64 = 0
    /// The count of keys from which on records are in a pool.
    var fewKeys = 512

    #if DEBUG
        /// The rules that a test disables.
        public var disabledRules: DisabledRules = []
    #endif

    /// Called when an update becomes the entry of its key.
    public var onUpdate: ((Update) -> Void)?
    /// Called before the history drops these updates, oldest first.
    public var onCompaction: (([Update]) -> Void)?
    /// Returns whether two JSON texts that differ spell one value.
    public var isRespelling: (Bytes, Bytes) -> Bool = { _, _ in false }
    /// Called when the last full link has drained.
    public var onDrain: (() -> Void)?
    /// Called for an event on a link, with the code that `Event` documents.
    public var onEvent: ((LinkIdentity, Event, Int32) -> Void)?

    /// The state store of the host; nil: the replica is in memory only.
    public var store: StateStore?

    /// Returns whether an update of a peer may be applied, or whether a reset may remove an entry (`Update.Kind.reset`).
    public var accept: ((LinkIdentity, Update) -> Bool)?
    /// Called if a peer has refused an update, or if the update fits no datagram, with the code of the reason.
    public var onRefused: ((LinkIdentity, Update, Int32) -> Void)?

    public init() {}

    /// The order in which deltas and `news` have the updates of all sources.
    var order: (Update, Update) -> Bool { sort ?? { $0.precedes($1) } }
}
