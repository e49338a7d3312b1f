/// What a host may ask of a link.
extension Link {
    public var options: Options { context.options }
    /// What stands for this link at its host. Not used here but to name the link in callbacks.
    public var host: UnsafeRawPointer? {
        get { context.host }
        set { context.host = newValue }
    }
    public var limits: Limits { replica.limits }
    public var isDatagram: Bool { context.transport.isDatagram }

    /// Whether the peer gets new updates without asking.
    public var isFollowing: Bool { extended?.isFollowing ?? false }

    /// Both vectors were found equal, and have not been found different since.
    public var isInStep: Bool { extended?.isInStep ?? false }

    public var isFull: Bool { context.isFull }
}
