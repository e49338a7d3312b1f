/// The properties of a link that a host can read.
extension Link {
    public var limits: Limits { replica.limits }
    public var isDatagram: Bool { transport.isDatagram }

    /// Whether the peer receives new updates without a request.
    public var isFollowing: Bool { extended?.isFollowing ?? false }

    /// Whether the vectors of both replicas were equal at the latest comparison.
    public var isInStep: Bool { extended?.isInStep ?? false }
}
