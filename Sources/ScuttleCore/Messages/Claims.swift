/// A claim of a vector, a cover or a commit about one source: for a replica that covers the source up to `since`, the delta before the
/// claim holds all that the source has up to `covered`. In a vector `since` is 0, and the claim is the sender's own vector entry.
public struct SourceClaim {
    public var source: Bytes
    public var since: Version
    public var covered: Version
    /// The sender's GC version, in a vector and in the commit of a reset. 0: the sender has purged no tombstone of the source.
    public var purged: Version
    /// In a cover the highest version up to `covered` that the sender left out, because the receiver has its winner. 0: none.
    public var leftOut: Version

    public init(
        source: Bytes, since: Version = 0, covered: Version, purged: Version = 0, leftOut: Version = 0
    ) {
        self.source = source
        self.since = since
        self.covered = covered
        self.purged = purged
        self.leftOut = leftOut
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
