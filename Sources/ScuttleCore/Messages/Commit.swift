/// A part of what ends a delta: the sender's version vector, for its items `from ..< to`.
public struct CommitPart {
    /// It holds for those who have got the delta up to here.
    public var sequence: UInt64
    public var from: Int
    public var to: Int
    public var isLast: Bool
    /// On a stream: the updates since the head, or since the latest mark.
    public var check: LineCheck?
    public var claims: [CommitClaim]
    public var retired: [RetiredClaim] = []
    /// With the reason 0: what the sender has not taken itself; with 1: what the receiver has not taken, and the sender accounts for.
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

/// "Of this source you have now got all above `since` and up to `covered`", with the whole delta, if you have got all up to
/// `since`; in a reset, whose `since` is 0, with what is purged.
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
