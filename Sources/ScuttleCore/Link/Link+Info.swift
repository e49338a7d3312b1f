/// What a host may ask of a link.
extension Link {
    /// The source that the peer writes under, as its hello says; nil before that. A NUL stands behind it.
    public var peerID: Bytes? { peerSource?.bytes }

    public var isClassic: Bool {
        if case .classic = dialect { true } else { false }
    }

    public var isExtended: Bool {
        if case .extended = dialect { true } else { false }
    }

    /// Whether one side has rejected the other.
    public var hasEnded: Bool {
        if case .ended = dialect { true } else { false }
    }

    /// Whether the peer gets new updates without asking.
    public var isFollowing: Bool { follows != nil || outgoing?.isLive ?? false }
}
