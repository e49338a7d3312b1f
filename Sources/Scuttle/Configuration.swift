internal import CScuttle

/// The configuration of a replica. Nil stands for the default, and `Int.max` for no limit, if a field says so.
///
/// Closures run during a call on the replica or its links, on the thread of that call and under the replica's lock. They
/// receive the replica or the link, because capturing it would keep it alive for ever. In a closure, the calls that say
/// "readable in callbacks" work on that replica, and all others throw ``ScuttleError/Code/busy``. Closures may call other
/// replicas; if closures of two replicas call each other on two threads, both deadlock.
public struct Configuration: Sendable {
    /// Decides which of two updates of a key stands. All replicas need the same one.
    public var resolver = Resolver.lastWriter
    /// The cluster: links join replicas of one cluster only. Up to 255 bytes, without U+0000. A classic link cannot check it.
    public var cluster: String?
    /// Makes the name itself the source, without an incarnation, for hosts that ensure that no two starts write under one
    /// source.
    public var usesExactID = false
    /// Keeps stable tombstones. Only ``Replica/purge()`` and ``maxTombstones`` purge them.
    public var keepsTombstones = false
    /// Makes the output of a replica reproducible, and gives up its defence against chosen keys. Nil: a seed from the system.
    public var seed: UInt64?

    /// A link becomes full at this many pending messages and stays full until none remain. It is the size of a batch, too, up
    /// to 64. 10 by default; `Int.max`: no link becomes full.
    public var mtu: Int?
    /// The limit of updates in the history. 10 by default; `Int.max` for all.
    public var maxHistory: Int?
    /// The limit of tombstones; beyond it those with the lowest versions are purged, stable or not. 2^20 by default, `Int.max`
    /// for no limit.
    public var maxTombstones: Int?
    /// The limit of retired sources. 2^20 by default, `Int.max` for no limit.
    public var maxRetired: Int?
    /// Retires a name from which this replica has received nothing new for this long, by the time of
    /// ``Replica/tick(milliseconds:)``. Nil: never.
    public var retireAfter: Duration?
    /// The limit of refused and missing updates. 1,024 by default, `Int.max` for no limit. One more ends its link.
    public var maxRefused: Int?
    /// The limit of keys that hold a value. No limit by default.
    public var maxKeys: Int?
    /// The limit of the replica's memory in bytes, with all overhead. No limit by default.
    public var maxBytes: Int?

    /// The limit of a line in bytes. By default the length of the longest line that ``maxKeyBytes`` and ``maxValueBytes``
    /// allow.
    public var maxMessageBytes: Int?
    /// The limit of a key in bytes. 64 KiB by default, 256 MiB at most.
    public var maxKeyBytes: Int?
    /// The limit of a value in bytes. 1 MiB by default, 256 MiB at most.
    public var maxValueBytes: Int?
    /// The limit of nested arrays and objects in a value. 64 by default, 1,024 at most.
    public var maxDepth: Int?
    /// The limit of sources, including this replica's. 65,536 by default.
    public var maxSources: Int?
    /// The limit of open links. 65,536 by default.
    public var maxLinks: Int?
    /// The limit of an update's version above the highest version seen here. 2^48 by default.
    public var maxVersionJump: UInt64?
    /// The supported versions of the extended dialect. All by default, which is 1.
    public var protocolVersions: ClosedRange<UInt32>?

    /// The lines to start from, as ``Replica/import(_:)`` reads them, such as those of ``Replica/export()``. Nil: an empty map. The replica
    /// does not keep them. ``Replica/isTruncated`` says whether they were truncated.
    public var state: [UInt8]?
    /// Keeps the replica in a database, and starts it from there. Nil: the replica is in memory only. Not together with ``state``.
    public var stateStore: StateStore?

    /// Called when an update has become the entry of its key, by a call here or from a peer. See also ``Replica/changes``.
    public var onUpdate: (@Sendable (Replica, Update) -> Void)?
    /// Called for an event on a link.
    public var onEvent: (@Sendable (Link, Event) -> Void)?
    /// Decides whether an update of a peer is accepted. For authority, quotas, schemas.
    ///
    /// The replica calls it before the resolver, once for each update that it lacks. It records refused updates, and notifies
    /// the sender. The result must be the same for an update until ``Replica/acceptAgain()`` is called.
    public var accept: (@Sendable (Link, Update) -> Bool)?
    /// Called after an ``Outcome/full``, when no link is full any more.
    public var onDrain: (@Sendable (Replica) -> Void)?
    /// Called before the history drops these updates, oldest first. ``Replica/trimHistory(where:)`` and
    /// ``Replica/keepHistory(upTo:)`` may be called in it.
    public var onCompaction: (@Sendable (Replica, [Update]) -> Void)?
    /// Returns whether the first update precedes the second: the order of ``Replica/history``, and of deltas with updates of
    /// several sources. By default the order of timestamps.
    public var sort: (@Sendable (Update, Update) -> Bool)?

    /// Makes a configuration of defaults with this resolver.
    public init(resolver: Resolver = .lastWriter) {
        self.resolver = resolver
    }
}

extension Configuration {
    /// Fills in the fields that are neither callbacks nor text.
    func fill(_ config: inout scuttle_config_t) throws(ScuttleError) {
        config.struct_size = MemoryLayout<scuttle_config_t>.size
        if usesExactID { config.flags |= SCUTTLE_EXACT_ID }
        if keepsTombstones { config.flags |= SCUTTLE_KEEP_TOMBSTONES }
        config.seed = try Self.number(seed, "seed")
        config.mtu = try Self.limit(mtu, "mtu")
        config.max_history = try Self.limit(maxHistory, "maxHistory")
        config.max_tombstones = try Self.limit(maxTombstones, "maxTombstones")
        config.max_retired = try Self.limit(maxRetired, "maxRetired")
        config.max_refused = try Self.limit(maxRefused, "maxRefused")
        config.max_keys = try Self.limit(maxKeys, "maxKeys")
        config.max_bytes = try Self.limit(maxBytes, "maxBytes")
        config.max_message_bytes = try Self.limit(maxMessageBytes, "maxMessageBytes")
        config.max_key_bytes = try Self.limit(maxKeyBytes, "maxKeyBytes")
        config.max_value_bytes = try Self.limit(maxValueBytes, "maxValueBytes")
        config.max_depth = try Self.limit(maxDepth, "maxDepth")
        config.max_sources = try Self.limit(maxSources, "maxSources")
        config.max_links = try Self.limit(maxLinks, "maxLinks")
        config.max_version_jump = try Self.number(maxVersionJump, "maxVersionJump")
        if let retireAfter {
            guard let time = retireAfter.wholeMilliseconds, time > 0 else {
                throw ScuttleError(.argument, "retireAfter is \(retireAfter); it must be above 0")
            }
            config.retire_after_ms = time
        }
        if let protocolVersions {
            guard protocolVersions.lowerBound > 0 else {
                throw ScuttleError(.argument, "protocolVersions begins with 0; the lowest version is 1")
            }
            (config.protocol_min, config.protocol_max) = (protocolVersions.lowerBound, protocolVersions.upperBound)
        }
        guard state == nil || stateStore == nil else {
            throw ScuttleError(.argument, "state and stateStore are both set; a replica starts from one of them")
        }
    }

    /// Converts a limit. The C interface reads 0 as the default, which is nil here.
    private static func limit(_ value: Int?, _ name: String) throws(ScuttleError) -> Int {
        guard let value else { return 0 }
        guard value > 0 else { throw ScuttleError(.argument, "\(name) is \(value); it is at least 1") }
        return value
    }

    private static func number(_ value: UInt64?, _ name: String) throws(ScuttleError) -> UInt64 {
        guard value != 0 else { throw ScuttleError(.argument, "\(name) is 0; it is at least 1") }
        return value ?? 0
    }
}
