/// The limits of a replica. Each has an error code of its own, and is checked before any memory is allocated.
public struct Limits: Sendable {
    public var keyBytes = 1 << 16
    public var valueBytes = 1 << 20
    /// The length of a line without its newline.
    public var messageBytes = Limits.largestLine(keyBytes: 1 << 16, valueBytes: 1 << 20)
    /// The nesting of arrays and objects in a value.
    public var depth = 64
    public var sources = 1 << 16
    /// The memory of the whole replica: see `Store+Bounding`.
    public var bytes = Int.max
    /// The limit of a peer's version above the highest version seen here: a peer that sends 2^53-1 would end all writing.
    public var versionJump: UInt64 = 1 << 48

    public static let idBytes = 255
    /// The upper limit of `depth`: jansson recurses.
    public static let maxDepth = 1024
    /// The upper limit of `keyBytes` and `valueBytes`: records count their bytes in 32 bits.
    public static let maxItemBytes = 1 << 28

    public init() {}

    /// Returns the greatest length of a message whose key and value are within these limits, in any encoding: 6 bytes for each byte of a
    /// key or an id, and two sources.
    public static func largestLine(keyBytes: Int, valueBytes: Int) -> Int {
        valueBytes + 6 * (keyBytes + 2 * idBytes) + 160
    }

    @_optimize(speed)
    func check(key: Bytes) throws(Failure) {
        guard key.count > 0 else { throw Failure(.key, "the key is empty") }
        guard key.count <= keyBytes else {
            throw Failure(.keySize, "the key is \(key.count) bytes long; max_key_bytes is \(keyBytes)")
        }
        guard key.offset(of: 0) == nil else { throw Failure(.nul, "the key contains U+0000") }
    }

    /// Checks a key of the host. Keys of peers are known to be UTF-8.
    @_optimize(speed)
    func check(hostKey key: Bytes) throws(Failure) {
        if key.count > 0, key.count <= keyBytes {
            // Most keys are plain ASCII, which needs no further check.
            let plain = key.endOfPlainText(from: 0)
            if plain.isASCII, plain.offset == key.count { return }
        }
        try check(key: key)
        try key.checkUTF8("the key")
    }

    /// Returns the error for an update that was readable, but has a value that is nested too deep or too long.
    public func failure(of update: IncomingUpdate, _ code: Failure.Code) -> Failure {
        guard code == .valueSize else { return Failure(code, "the value is nested too deep; max_depth is \(depth)") }
        return Failure(code, "the value is \(update.value.count) bytes long; max_value_bytes is \(valueBytes)")
    }

    @_optimize(speed)
    static func check(id: Bytes) throws(Failure) {
        guard id.count > 0 else { throw Failure(.id, "the source id is empty") }
        guard id.count <= idBytes else {
            throw Failure(.id, "the source id is \(id.count) bytes long; the limit is \(idBytes)")
        }
        guard id.offset(of: 0) == nil else { throw Failure(.nul, "the source id contains U+0000") }
    }

    /// Checks a claim that a source is covered up to a version; 0 claims nothing.
    @_optimize(speed)
    static func check(clockOf id: Bytes, at version: Version) throws(Failure) {
        try check(id: id)
        guard version <= .highest else { throw Failure(.version, "version \(version) is above 2^53-1") }
    }
}
