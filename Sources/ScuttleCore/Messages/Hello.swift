/// The first message on a link, and of every gossip: the sender's identity, and the hash of its version vector.
public struct Hello {
    public var protocolVersions: ClosedRange<UInt32>
    public var source: Bytes
    public var incarnation: UInt64
    public var cluster: Bytes
    public var lamport: Version
    public var epoch: UInt64
    /// The sender's revision, and the hash of its version vector.
    public var revision: UInt64
    public var hash: UInt64
    /// The hash of the sender's contents, if the receiver is to compare it.
    public var contents: ContentHash?
    /// The nonce of two requests: for updates from now on, if both vectors are equal; for the updates that the sender lacks, if
    /// the receiver knows the sender's vector of this revision. 0: no request.
    public var nonce: UInt64
    /// The progress of the receiver's deltas.
    public var progress: Progress?
    /// In datagrams, the token that the receiver is to echo; 0: none.
    public var token: UInt64 = 0
    /// Whether this is the reply to a hello, so that it needs no reply.
    public var isReply: Bool

    public init(
        protocolVersions: ClosedRange<UInt32>, source: Bytes, incarnation: UInt64, cluster: Bytes, lamport: Version,
        epoch: UInt64, revision: UInt64, hash: UInt64, contents: ContentHash? = nil, nonce: UInt64 = 0,
        progress: Progress? = nil,
        isReply: Bool
    ) {
        self.protocolVersions = protocolVersions
        self.source = source
        self.incarnation = incarnation
        self.cluster = cluster
        self.lamport = lamport
        self.epoch = epoch
        self.revision = revision
        self.hash = hash
        self.contents = contents
        self.nonce = nonce
        self.progress = progress
        self.isReply = isReply
    }
}
