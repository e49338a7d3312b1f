/// What a replica says of a source that has ended and holds no entry: its hash, how far it is covered, whether a tombstone of it
/// was forgotten, and whether its name will not be back.
public struct RetiredClaim: Equatable {
    public var hash: SourceHash
    public var version: Version
    public var isPurged: Bool
    public var isFinal: Bool

    public init(hash: SourceHash, version: Version, isPurged: Bool, isFinal: Bool) {
        self.hash = hash
        self.version = version
        self.isPurged = isPurged
        self.isFinal = isFinal
    }

    /// Takes what else is said of the source.
    mutating func merge(_ other: RetiredClaim) {
        version = max(version, other.version)
        isPurged = isPurged || other.isPurged
        isFinal = isFinal || other.isFinal
    }
}

/// All retired sources that a replica knows, as two numbers.
public struct RetiredSum: Equatable {
    public var count: UInt64
    public var sum: UInt64

    public init(count: UInt64 = 0, sum: UInt64 = 0) {
        (self.count, self.sum) = (count, sum)
    }
}
