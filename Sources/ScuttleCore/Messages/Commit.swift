/// A part of what ends a delta: the sender's version vector, for its items `from ..< to`.
public struct CommitPart {
    /// It holds for those who have got the delta up to here.
    public var sequence: UInt64
    public var from: Int
    public var to: Int
    public var isLast: Bool
    /// On a stream: the updates since the head, or since the latest mark.
    public var check: LineCheck?
    public var claims: [SourceClaim]
    public var retired: [RetiredClaim] = []
    /// With the reason 0: what the sender has not taken itself; with 1: what the receiver has not taken, and the sender accounts for.
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
