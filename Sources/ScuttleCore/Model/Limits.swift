/// What a replica refuses as too much. Each limit has an error of its own; all are checked before memory is taken.
public struct Limits: Sendable {
    public var keyBytes = 1 << 16
    public var valueBytes = 1 << 20
    /// A line, without its newline.
    public var messageBytes = Limits.largestLine(keyBytes: 1 << 16, valueBytes: 1 << 20)
    /// Nesting of arrays and objects in a value.
    public var depth = 64
    public var sources = 1 << 16
    /// What a replica holds in all: see `Store+Bounding`.
    public var bytes = Int.max
    /// How far a peer's version may be ahead of the highest seen here: a peer that says 2^53-1 would end all writing.
    public var versionJump: UInt64 = 1 << 48

    public static let idBytes = 255
    /// No host may ask for deeper nesting: jansson recurses.
    public static let deepest = 1024
    /// No host may ask for longer keys or values: records count their bytes in 32 bits.
    public static let mostBytes = 1 << 28

    public init() {}

    /// The most bytes of a message whose key and value are within these limits: no encoding may take more. It may take 6 for a byte of
    /// a key or an id, and a message names two sources.
    public static func largestLine(keyBytes: Int, valueBytes: Int) -> Int {
        valueBytes + 6 * (keyBytes + 2 * idBytes) + 160
    }

    @_optimize(speed)
    func check(key: Bytes) throws(Failure) {
        guard key.count > 0 else { throw Failure(.key, "the key is empty") }
        guard key.count <= keyBytes else {
            throw Failure(.keySize, "a key of \(key.count) bytes; max_key_bytes is \(keyBytes)")
        }
        guard key.offset(of: 0) == nil else { throw Failure(.nul, "the key contains U+0000") }
    }

    /// A key from the host. Those from peers are known to be UTF-8.
    @_optimize(speed)
    func check(hostKey key: Bytes) throws(Failure) {
        if key.count > 0, key.count <= keyBytes {
            // Plain ASCII, which most keys are, is fine at a glance.
            let plain = key.endOfPlainText(from: 0)
            if plain.isASCII, plain.offset == key.count { return }
        }
        try check(key: key)
        try key.checkUTF8("the key")
    }

    /// Why an update is refused that could be read: the depth of its value, or its size.
    public func failure(of update: IncomingUpdate, _ code: Failure.Code) -> Failure {
        guard code == .valueSize else { return Failure(code, "a value is nested too deep; max_depth is \(depth)") }
        return Failure(code, "a value of \(update.value.count) bytes; max_value_bytes is \(valueBytes)")
    }

    @_optimize(speed)
    static func check(id: Bytes) throws(Failure) {
        guard id.count > 0 else { throw Failure(.id, "the source id is empty") }
        guard id.count <= idBytes else {
            throw Failure(.id, "a source id of \(id.count) bytes; at most \(idBytes) are allowed")
        }
        guard id.offset(of: 0) == nil else { throw Failure(.nul, "the source id contains U+0000") }
    }

    /// A claim to have a source up to a version; 0 claims nothing.
    @_optimize(speed)
    static func check(clockOf id: Bytes, at version: Version) throws(Failure) {
        try check(id: id)
        guard version <= .highest else { throw Failure(.version, "version \(version) is not in 0 ... 2^53-1") }
    }
}
