internal import CScuttle

/// How a replica works. Set what you need: nil stands for the default, and `Int.max` for no limit, if a field says so.
///
/// Closures run during a call on the replica or its links, in the thread of that call, and under the replica's lock. They get the replica
/// or the link that they concern, because capturing it would keep it alive for ever. In them the calls that say "readable in
/// callbacks" work on that replica, and all others are ``ScuttleError/Code/busy``. They may call other replicas; if closures of two replicas
/// call each other, in two threads, both wait for ever.
public struct Configuration: Sendable {
    /// Decides which of two updates of a key stands. All replicas need the same one.
    public var resolver = Resolver.lastWriter
    /// Joins replicas: links join those of one cluster only. Up to 255 bytes, without U+0000. A classic link cannot check it.
    public var cluster: String?
    /// Makes the name itself the source, without an incarnation: for hosts that make sure that no two starts write under one source.
    public var usesExactID = false
    /// Keeps tombstones until ``Replica/purge()`` or ``maxTombstones`` says so.
    public var keepsTombstones = false
    /// Makes the output of a replica reproducible, and gives up its defence against chosen keys. Nil: a seed from the system.
    public var seed: UInt64?

    /// A link becomes full at this many pending messages and stays full until none remain. As many go into one batch, 64 at most. 10 by default; `Int.max` for no mark.
    public var mtu: Int?
    /// The updates that the history remembers. 10 by default; `Int.max` for all.
    public var maxHistory: Int?
    /// The tombstones that are kept; beyond it the lowest versions are purged, stable or not. 2^20 by default, `Int.max` for no limit.
    public var maxTombstones: Int?
    /// The retired sources that are kept. 2^20 by default, `Int.max` for no limit.
    public var maxRetired: Int?
    /// Retires a name from which this replica has received nothing new for so long, by the time of ``Replica/tick(milliseconds:)``. Nil: never.
    public var retireAfter: Duration?
    /// The refused and missing updates that are remembered. 1,024 by default, `Int.max` for no limit. One more ends its link.
    public var maxRefused: Int?
    /// The keys that hold a value. No limit by default.
    public var maxKeys: Int?
    /// The bytes that the replica holds, with all overhead. No limit by default.
    public var maxBytes: Int?

    /// The bytes of a line. By default what the largest key and value can need.
    public var maxMessageBytes: Int?
    /// The bytes of a key. 64 KiB by default, 256 MiB at most.
    public var maxKeyBytes: Int?
    /// The bytes of a value. 1 MiB by default, 256 MiB at most.
    public var maxValueBytes: Int?
    /// The nesting of arrays and objects in a value. 64 by default, 1,024 at most.
    public var maxDepth: Int?
    /// The sources, this replica's included. 65,536 by default.
    public var maxSources: Int?
    /// The open links. 65,536 by default.
    public var maxLinks: Int?
    /// How far the version of an update may be ahead of the highest one that was seen here. 2^48 by default.
    public var maxVersionJump: UInt64?
    /// The versions of the extended dialect to speak. All by default, which is 1.
    public var protocolVersions: ClosedRange<UInt32>?

    /// The lines to start from, as ``Replica/import(_:)`` reads them, such as those of ``Replica/export()``. Nil: an empty map. The replica
    /// does not keep them. ``Replica/isTruncated`` says whether they were truncated.
    public var state: [UInt8]?
    /// Keeps the replica in a database, and starts it from there. Nil: the replica is in memory only. Not together with ``state``.
    public var stateStore: StateStore?

    /// Called when an update has become the entry of its key, by a call here or from a peer. See also ``Replica/changes``.
    public var onUpdate: (@Sendable (Replica, Update) -> Void)?
    /// Called when something has happened on a link.
    public var onEvent: (@Sendable (Link, Event) -> Void)?
    /// Whether an update that a link brings is accepted. For authority, quotas, schemas.
    ///
    /// The replica calls it before the resolver, once for each update that it lacks. It remembers what is refused, and tells the sender. The
    /// result must be the same for an update until ``Replica/acceptAgain()`` is called.
    public var accept: (@Sendable (Link, Update) -> Bool)?
    /// Called when no link is full any more, after an ``Outcome/full``.
    public var onDrain: (@Sendable (Replica) -> Void)?
    /// Called before the history drops these updates, oldest first. ``Replica/trimHistory(where:)`` and
    /// ``Replica/keepHistory(upTo:)`` may be called in it.
    public var onCompaction: (@Sendable (Replica, [Update]) -> Void)?
    /// Whether the first update comes before the second: the order of ``Replica/history`` and of what links send of several sources. By
    /// default that of timestamps.
    public var sort: (@Sendable (Update, Update) -> Bool)?

    /// Makes a configuration of defaults, but for the rule.
    public init(resolver: Resolver = .lastWriter) {
        self.resolver = resolver
    }
}

extension Configuration {
    /// The fields that are no callbacks and no text.
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
                throw ScuttleError(.argument, "retireAfter is \(retireAfter); it is above 0")
            }
            config.retire_after_ms = time
        }
        if let protocolVersions {
            guard protocolVersions.lowerBound > 0 else {
                throw ScuttleError(.argument, "protocolVersions begin with 0; they begin with 1")
            }
            (config.protocol_min, config.protocol_max) = (protocolVersions.lowerBound, protocolVersions.upperBound)
        }
        guard state == nil || stateStore == nil else {
            throw ScuttleError(.argument, "state and stateStore are both set; a replica starts from one of them")
        }
    }

    /// The C interface reads 0 as the default, which nil says here.
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
