/// What a replica says of one source.
public struct SourceClaim {
    public var source: Bytes
    public var covered: Version
    public var purged: Version

    public init(source: Bytes, covered: Version, purged: Version) {
        self.source = source
        self.covered = covered
        self.purged = purged
    }
}

/// What a replica says of a name: at which number it was retired, 0 for never, and what has become of that; and what a replica
/// of that name has last stated about retired names.
public struct NameClaim {
    public var name: Bytes
    public var number: Version
    public var state: RetirementState
    public var sequence: UInt64
    public var hash: UInt64

    public init(name: Bytes, number: Version, state: RetirementState, sequence: UInt64, hash: UInt64) {
        self.name = name
        self.number = number
        self.state = state
        self.sequence = sequence
        self.hash = hash
    }
}

/// An exception to a version vector: an update that the sender has not taken.
public struct ExceptionClaim {
    public var source: Bytes
    public var version: Version
    /// The number of a `SCUTTLE_E_…` without its sign; 0: the update is missing, and wanted.
    public var reason: UInt8

    public init(source: Bytes, version: Version, reason: UInt8) {
        (self.source, self.version, self.reason) = (source, version, reason)
    }
}
