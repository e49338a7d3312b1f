/// A part of a commit, which ends a delta: the items `from ..< to` of the sender's version vector.
public struct CommitPart {
    /// The commit holds for a receiver that has the delta up to this sequence.
    public var sequence: UInt64
    public var from: Int
    public var to: Int
    public var isLast: Bool
    /// The checksum of the updates since the head, or since the latest mark. On streams only.
    public var check: LineCheck?
    public var claims: [CommitClaim]
    public var retired: [RetiredClaim] = []
    /// With the reason 0: updates that the sender lacks. With the reason 1: updates that the receiver lacks, and that the sender
    /// accounts for.
    public var excepted: [ExceptionClaim] = []

    public init(
        sequence: UInt64, from: Int, to: Int, isLast: Bool, check: LineCheck? = nil, claims: [CommitClaim]
    ) {
        self.sequence = sequence
        self.from = from
        self.to = to
        self.isLast = isLast
        self.check = check
        self.claims = claims
    }
}

/// The claim of a commit on a source. A receiver that has covered `since`, and has the whole delta, covers the source up to
/// `covered`. In a reset `since` is 0, and `purged` is the sender's GC version of the source.
public struct CommitClaim {
    public var source: Bytes
    public var since: Version
    public var covered: Version
    public var purged: Version

    public init(source: Bytes, since: Version, covered: Version, purged: Version) {
        self.source = source
        self.since = since
        self.covered = covered
        self.purged = purged
    }
}
