/// One write by one replica, as it is shown to hosts, resolvers and sorts. Borrowed.
public struct Update {
    public enum Kind: UInt8 {
        case value
        /// A delete that somebody asked for.
        case delete
        /// A delete at the end of a time to live.
        case expiry
        /// No write: an entry taken away by a reset. Never sent, never kept.
        case reset

        /// Whether the first ends the second if both have one timestamp.
        static func isExpiry(_ kind: Kind, of other: Kind) -> Bool { kind == .expiry && other == .value }
    }

    public let key: Bytes
    /// JSON text without insignificant white space; `null` for a delete.
    public let value: Bytes
    /// The timestamp: the write's own, for ever.
    public let source: Bytes
    public let version: Version
    /// The dot under which the update travels: the timestamp, until the update is republished.
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

    /// The order of last-writer-wins, total over all updates that can exist: by version, then by source id.
    public func precedes(_ other: Update) -> Bool {
        version == other.version ? source.precedes(other.source) : version < other.version
    }
}
