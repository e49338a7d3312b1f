/// One write by one replica, as it is shown to hosts, resolvers and sorts. Borrowed.
public struct Update {
    public let key: Bytes
    /// JSON text without insignificant white space; `null` for a delete.
    public let value: Bytes
    public let source: Bytes
    public let version: Version
    public let isDelete: Bool
    /// Whether this replica wrote it.
    public let isLocal: Bool

    public init(
        key: Bytes, value: Bytes, source: Bytes, version: Version, isDelete: Bool = false, isLocal: Bool = false
    ) {
        self.key = key
        self.value = value
        self.source = source
        self.version = version
        self.isDelete = isDelete
        self.isLocal = isLocal
    }

    /// The order of last-writer-wins, total over all updates that can exist: by version, then by source id.
    public func precedes(_ other: Update) -> Bool {
        version == other.version ? source.precedes(other.source) : version < other.version
    }
}
