/// An update as a peer sent it, not yet believed. Borrowed.
public struct IncomingUpdate {
    public let key: Bytes
    /// Valid JSON without insignificant white space.
    public let value: Bytes
    public let source: Bytes
    public let version: Version
    public let isDelete: Bool

    public init(key: Bytes, value: Bytes, source: Bytes, version: Version, isDelete: Bool) {
        self.key = key
        self.value = value
        self.source = source
        self.version = version
        self.isDelete = isDelete
    }
}
