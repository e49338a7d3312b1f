/// What a host can read of a link.
extension Link {
    public var options: Options { context.options }
    /// The host's pointer for this link. Callbacks name the link by it.
    public var host: UnsafeRawPointer? {
        get { context.host }
        set { context.host = newValue }
    }
    public var limits: Limits { replica.limits }
    public var isDatagram: Bool { context.transport.isDatagram }

    /// Whether the peer receives new updates without a request.
    public var isFollowing: Bool { extended?.isFollowing ?? false }

    /// Whether the vectors of both replicas were equal at the latest comparison.
    public var isInStep: Bool { extended?.isInStep ?? false }

    public var isFull: Bool { context.isFull }
}
