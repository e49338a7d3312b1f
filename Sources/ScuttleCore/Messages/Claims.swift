/// A claim of a replica on a source: its version vector's entry, and its GC version.
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

/// A claim of a replica on a name: the number at which the name was retired, 0 for never; the state of that retirement; and the
/// latest statement of the name itself, as a sequence and a hash, about the retired names.
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

/// An exception to a version vector: an update that the sender has not applied.
public struct ExceptionClaim {
    public var source: Bytes
    public var version: Version
    /// The number of a `SCUTTLE_E_…` without its sign, if the sender has refused the update. 0: the update is missing, and the
    /// sender requests it.
    public var reason: UInt8

    public init(source: Bytes, version: Version, reason: UInt8) {
        (self.source, self.version, self.reason) = (source, version, reason)
    }
}
