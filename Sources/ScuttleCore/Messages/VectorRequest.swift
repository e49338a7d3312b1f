/// A request for the receiver's version vector: for what has changed since a revision of it, from one of its items on.
public struct VectorRequest {
    public var revision: UInt64
    public var from: Int
    /// The retired sources that the sender knows. A receiver that knows the same need not name them.
    public var retired: RetiredSum

    public init(revision: UInt64, from: Int, retired: RetiredSum = RetiredSum()) {
        self.revision = revision
        self.from = from
        self.retired = retired
    }
}

/// A part of a version vector: the sender's items `from ..< to` that have changed since a revision. Sources come first, then
/// names, then retired sources. All parts together are a request for the updates that the sender lacks.
public struct VectorPart {
    public var incarnation: UInt64
    public var epoch: UInt64
    public var nonce: UInt64
    public var since: UInt64
    public var until: UInt64
    public var from: Int
    public var to: Int
    /// Whether this is the last part, which completes the request.
    public var isLast: Bool
    public var lamport: Version
    /// Whether the request is for all entries, because vectors are equal and contents are not.
    public var wantsContents: Bool
    public var progress: Progress?
    public var claims: [SourceClaim]
    public var names: [NameClaim] = []
    public var retired: [RetiredClaim] = []
    /// The retired sources that the sender knows, if the request counted the same; nil otherwise.
    public var sameRetired: RetiredSum?
    /// The sender has dropped the retired sources up to this version.
    public var retiredFloor: Version = 0
    /// The nonce of the receiver's latest delta whose commit named retired sources and was applied here; 0: none.
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
