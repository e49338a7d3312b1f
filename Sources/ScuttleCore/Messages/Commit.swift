/// A part of a commit, which ends a delta: the items `from ..< to` of the sender's version vector.
public struct CommitPart {
    /// The commit holds for a receiver that has the delta up to this sequence.
    public var sequence: UInt64
    public var from: Int
    public var to: Int
    public var isLast: Bool
    /// The checksum of the updates since the head, or since the latest mark. On streams only.
    public var check: LineCheck?
    public var claims: [SourceClaim]
    public var retired: [RetiredClaim] = []
    /// With the reason 0: updates that the sender lacks. With the reason 1: updates that the receiver lacks, and that the sender
    /// accounts for.
    public var excepted: [ExceptionClaim] = []

    public init(
        sequence: UInt64, from: Int, to: Int, isLast: Bool, check: LineCheck? = nil, claims: [SourceClaim]
    ) {
        self.sequence = sequence
        self.from = from
        self.to = to
        self.isLast = isLast
        self.check = check
        self.claims = claims
    }
}
