/// A write of a replica, borrowed, as hosts, resolvers and sort functions see it.
public struct Update {
    public enum Kind: UInt8 {
        case value
        /// A delete by a host.
        case delete
        /// A delete at the end of a time to live.
        case expiry
        /// Not a write: an entry that a reset removes. It is never sent and never stored.
        case reset

        /// Returns whether the first ends the second if both have one timestamp.
        static func isExpiry(_ kind: Kind, of other: Kind) -> Bool { kind == .expiry && other == .value }
    }

    public let key: Bytes
    /// JSON text without insignificant white space; `null` for a delete.
    public let value: Bytes
    /// The source and version of the timestamp, which never changes.
    public let source: Bytes
    public let version: Version
    /// The source and version of the dot, which is the timestamp until the update is republished.
    public let dotSource: Bytes
    public let dotVersion: Version
    public let kind: Kind
    /// Whether this replica wrote it.
    public let isLocal: Bool

    public var isDelete: Bool { kind != .value }

    public init(
        key: Bytes, value: Bytes, source: Bytes, version: Version, kind: Kind = .value, isLocal: Bool = false,
        dotSource: Bytes? = nil, dotVersion: Version? = nil
    ) {
        self.key = key
        self.value = value
        self.source = source
        self.version = version
        self.kind = kind
        self.isLocal = isLocal
        self.dotSource = dotSource ?? source
        self.dotVersion = dotVersion ?? version
    }

    /// Returns whether this timestamp is less than another one: by version, then by source id. This order of last-writer-wins
    /// is total over all possible updates.
    public func precedes(_ other: Update) -> Bool {
        version == other.version ? source.precedes(other.source) : version < other.version
    }
}
