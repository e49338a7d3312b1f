/// The entry of a key that holds a value: the value, and the write that set it. Borrowed.
public struct Entry {
    public let value: Bytes
    public let source: Bytes
    public let version: Version
}
