/// An update as a peer sent it, not yet believed. Borrowed.
public struct IncomingUpdate {
    /// A timestamp as a peer says it.
    public typealias Written = (source: Bytes, version: Version)

    public let key: Bytes
    /// Valid JSON without insignificant white space.
    public let value: Bytes
    /// The dot.
    public let source: Bytes
    public let version: Version
    public let kind: Update.Kind
    /// The timestamp of a republished update; version 0: the dot is the timestamp.
    private let timestamp: Written
    /// Its time to live, and how much of that is over at the peer; `.max`: none.
    public let timeToLive: UInt64
    public let age: UInt64
    /// In a store: what the host's time was then; 0: nothing is known of it.
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

    /// Whether its timestamp is not its dot, or it has a time to live.
    var hasTail: Bool { timestamp.version != 0 || timeToLive != .max }

    var isDelete: Bool { kind != .value }

    /// Who wrote it, and when.
    var writer: Bytes { timestamp.version == 0 ? source : timestamp.source }
    var writtenVersion: Version { timestamp.version == 0 ? version : timestamp.version }

    /// Whether a record holds the same key, value and kind.
    func hasContent(of record: Record) -> Bool {
        record.key.equals(key) && record.value.equals(value) && record.kind == kind
    }
}
