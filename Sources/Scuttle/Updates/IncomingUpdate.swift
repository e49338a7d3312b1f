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
    /// The timestamp of a republished update; nil: the dot is the timestamp.
    public let written: Written?
    public let kind: Update.Kind
    /// The line that it came in, without its newline: what deltas count and hash.
    public let line: Bytes

    public init(
        key: Bytes, value: Bytes, source: Bytes, version: Version, kind: Update.Kind, written: Written? = nil,
        line: Bytes = Bytes(start: nil, count: 0)
    ) {
        self.key = key
        self.value = value
        self.source = source
        self.version = version
        self.kind = kind
        self.written = written
        self.line = line
    }

    var isDelete: Bool { kind != .value }

    /// Who wrote it, and when.
    var writer: Bytes { written?.source ?? source }
    var writtenVersion: Version { written?.version ?? version }

    /// Whether a record holds the same key, value and kind.
    func hasContent(of record: Record) -> Bool {
        record.key.equals(key) && record.value.equals(value) && record.kind == kind
    }
}
