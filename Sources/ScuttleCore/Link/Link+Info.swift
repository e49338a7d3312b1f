/// What a host may ask of a link.
extension Link {
    public var limits: Limits { replica.limits }
    public var isDatagram: Bool { transport.isDatagram }

    /// Whether the peer gets new updates without asking.
    public var isFollowing: Bool { extended?.isFollowing ?? false }

    /// Both vectors were found equal, and have not been found different since.
    public var isInStep: Bool { extended?.isInStep ?? false }
}
