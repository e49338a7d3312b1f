/// A claim of a replica on an ended source without entries: its hash, its version vector's entry, whether a tombstone of it was
/// purged, and whether its name is retired for good.
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

    /// Adds another claim on the same source.
    mutating func merge(_ other: RetiredClaim) {
        version = max(version, other.version)
        isPurged = isPurged || other.isPurged
        isFinal = isFinal || other.isFinal
    }
}

/// The retired sources that a replica knows: their count, and a sum over them.
public struct RetiredSum: Equatable {
    public var count: UInt64
    public var sum: UInt64

    public init(count: UInt64 = 0, sum: UInt64 = 0) {
        (self.count, self.sum) = (count, sum)
    }
}
