/// An update as a peer sent it, borrowed and unchecked.
public struct IncomingUpdate {
    /// A timestamp as it stands in a message.
    public typealias Written = (source: Bytes, version: Version)

    public let key: Bytes
    /// Valid JSON without insignificant white space.
    public let value: Bytes
    /// The source and version of the dot.
    public let source: Bytes
    public let version: Version
    public let kind: Update.Kind
    /// The timestamp of a republished update; version 0: the dot is the timestamp.
    private let timestamp: Written
    /// The time to live, and the part of it that had passed at the peer; `.max`: none.
    public let timeToLive: UInt64
    public let age: UInt64
    /// In a row of a store: the host's time at which `age` was counted; 0: unknown.
    public let ageAt: Int64

    @inline(__always)
    public init(
        key: Bytes, value: Bytes, source: Bytes, version: Version, kind: Update.Kind, written: Written? = nil,
        timeToLive: UInt64 = .max, age: UInt64 = 0, ageAt: Int64 = 0
    ) {
        self.key = key
        self.value = value
        self.source = source
        self.version = version
        self.kind = kind
        timestamp = written ?? (Bytes(start: nil, count: 0), 0)
        self.timeToLive = timeToLive
        self.age = age
        self.ageAt = ageAt
    }

    public var written: Written? { timestamp.version == 0 ? nil : timestamp }

    /// Whether the timestamp differs from the dot, or the update has a time to live.
    var hasTail: Bool { timestamp.version != 0 || timeToLive != .max }

    var isDelete: Bool { kind != .value }

    /// The source and version of the timestamp.
    var writer: Bytes { timestamp.version == 0 ? source : timestamp.source }
    var writtenVersion: Version { timestamp.version == 0 ? version : timestamp.version }

    /// Whether a record holds the same key, value and kind.
    func hasContent(of record: Record) -> Bool {
        record.key.equals(key) && record.value.equals(value) && record.kind == kind
    }
}
