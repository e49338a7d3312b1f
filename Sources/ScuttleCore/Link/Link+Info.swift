/// What a host may ask of a link.
extension Link {
    public var options: Options { context.options }
    public var limits: Limits { replica.limits }
    public var isDatagram: Bool { context.transport.isDatagram }

    /// The source that the peer writes under, as its hello says; nil before that. A NUL stands behind it.
    public var peerID: Bytes? {
        if case .closed(let session) = session { return session.peerSource?.bytes }
        return session.greeter?.peerSource?.bytes
    }

    public var isClassic: Bool {
        if case .classic = session { true } else { false }
    }

    public var isExtended: Bool {
        if case .extended = session { true } else { false }
    }

    /// Whether one side has rejected the other.
    public var hasEnded: Bool {
        if case .closed = session { true } else { false }
    }

    /// Whether the peer gets new updates without asking.
    public var isFollowing: Bool { extended?.isFollowing ?? false }

    /// Both vectors were found equal, and have not been found different since.
    public var isInStep: Bool { extended?.isInStep ?? false }

    public var isOverHighWaterMark: Bool { context.isOverHighWaterMark }
}
