/// Who speaks, and how far it is: the first message on a link, and every gossip.
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
    /// The hash of what the sender holds, where it is to be compared.
    public var contents: ContentHash?
    /// The request for new updates from here on, if both vectors are equal, and for what the sender lacks, if the receiver
    /// knows the sender's vector of this revision; 0: none.
    public var nonce: UInt64
    /// How far the receiver's deltas have come.
    public var progress: Progress?
    /// In datagrams, what the sender wants to be echoed; 0: nothing.
    public var token: UInt64 = 0
    /// Whether it answers a hello, and wants none in return.
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
