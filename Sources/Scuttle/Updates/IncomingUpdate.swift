/// An update as a peer sent it, not yet believed. Borrowed.
public struct IncomingUpdate {
    public let key: Bytes
    /// Valid JSON without insignificant white space.
    public let value: Bytes
    public let source: Bytes
    public let version: Version
    public let kind: Update.Kind

    public init(key: Bytes, value: Bytes, source: Bytes, version: Version, kind: Update.Kind) {
        self.key = key
        self.value = value
        self.source = source
        self.version = version
        self.kind = kind
    }
}
