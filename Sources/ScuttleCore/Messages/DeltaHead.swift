/// The head of a delta: how its updates were found, and which request it serves.
public struct DeltaHead {
    /// The sequences of a delta that ends with a commit. The receiver has everything up to `start`; the updates are above `from`,
    /// and in datagrams up to `until`.
    public typealias Span = (start: UInt64, from: UInt64, until: UInt64)

    public var mode: DeltaMode
    /// The request: the incarnation and the GC epoch of the replica that sent it, and its nonce.
    public var incarnation: UInt64
    public var epoch: UInt64
    public var nonce: UInt64
    /// In a mode that ends with a commit: the sender's GC epoch that the receiver's progress belongs to, and the sequences.
    public var kind: UInt64
    public var span: Span?
    /// In datagrams with a span: the sequence up to which updates of the span are too long for a datagram and were not sent; 0:
    /// none.
    public var withheld: UInt64 = 0
    /// In datagrams with a span: the checksum of the updates.
    public var check: LineCheck?
    /// In datagrams: the window that ends here, which the receiver reports its progress for; 0: none.
    public var window: UInt64

    public init(
        mode: DeltaMode, incarnation: UInt64, epoch: UInt64, nonce: UInt64, kind: UInt64 = 0, span: Span? = nil,
        check: LineCheck? = nil, window: UInt64 = 0
    ) {
        self.mode = mode
        self.incarnation = incarnation
        self.epoch = epoch
        self.nonce = nonce
        self.kind = kind
        self.span = span
        self.check = check
        self.window = window
    }
}
