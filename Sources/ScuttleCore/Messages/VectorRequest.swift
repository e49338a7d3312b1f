/// "Send me your version vector: what has changed since this revision of it, from this one of its items on."
public struct VectorRequest {
    public var revision: UInt64
    public var from: Int
    /// How many retired sources the sender knows, and a sum over them: who knows the same need not name them.
    public var retired: RetiredSum

    public init(revision: UInt64, from: Int, retired: RetiredSum = RetiredSum()) {
        self.revision = revision
        self.from = from
        self.retired = retired
    }
}

/// A part of a version vector, for the sender's items `from ..< to`, where it has changed since a revision: its sources, then
/// names, then retired sources. The whole of it is a request: for what the sender lacks.
public struct VectorPart {
    public var incarnation: UInt64
    public var epoch: UInt64
    public var nonce: UInt64
    public var since: UInt64
    public var until: UInt64
    public var from: Int
    public var to: Int
    /// Nothing follows this part: the request is complete.
    public var isLast: Bool
    public var lamport: Version
    /// Vectors are equal and contents are not: the request is for all that the receiver holds.
    public var wantsContents: Bool
    public var progress: Progress?
    public var claims: [SourceClaim]
    public var names: [NameClaim] = []
    public var retired: [RetiredClaim] = []
    /// The retired sources that the sender knows, if the receiver's request counted the same; nil otherwise.
    public var sameRetired: RetiredSum?
    /// Retired sources up to this version have been dropped.
    public var retiredFloor: Version = 0
    /// The nonce of the latest delta of the receiver's whose commit named retired sources, and that has been taken; 0: none.
    public var took: UInt64 = 0

    public init(
        incarnation: UInt64, epoch: UInt64, nonce: UInt64, since: UInt64, until: UInt64, from: Int, to: Int,
        isLast: Bool, lamport: Version, wantsContents: Bool = false, progress: Progress?, claims: [SourceClaim]
    ) {
        self.incarnation = incarnation
        self.epoch = epoch
        self.nonce = nonce
        self.since = since
        self.until = until
        self.from = from
        self.to = to
        self.isLast = isLast
        self.lamport = lamport
        self.wantsContents = wantsContents
        self.progress = progress
        self.claims = claims
    }
}
