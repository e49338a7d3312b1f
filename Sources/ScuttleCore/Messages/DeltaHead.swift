/// "What follows answers this request of yours."
public struct DeltaHead {
    /// The receiver lacks nothing up to `start`; the updates that follow are all behind `from`, in datagrams up to `until`.
    public typealias Span = (start: UInt64, from: UInt64, until: UInt64)

    public var mode: DeltaMode
    /// The request: the incarnation and epoch of the replica that made it, and its nonce.
    public var incarnation: UInt64
    public var epoch: UInt64
    public var nonce: UInt64
    /// Of a mode that ends with a commit: the sender's GC epoch that its progress is told under, and where in the order of
    /// arrival it goes on.
    public var kind: UInt64
    public var span: Span?
    /// In datagrams with a span: the updates after its beginning and up to here fit no datagram, and have not been sent; 0: none.
    public var withheld: UInt64 = 0
    /// In datagrams with a span: what the updates in it are.
    public var check: LineCheck?
    /// In datagrams: which window ends here, to be answered with what has come; 0: none.
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
