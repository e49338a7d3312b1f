/// The open requests of a link. A delta counts if it serves one of them, and until the request is served completely.
///
/// A nonce is the link's random base plus the ordinal of the request; its lowest bits are the kind of the request.
/// Deltas serve requests in order, so the number of requests and the ordinal of the last one served are enough. A log
/// delta continues as long as the link is open. Memory: 16 bytes.
struct OpenRequests {
    enum Kind: UInt64 {
        /// Of a hello: new updates, from a peer whose vector is equal; or missing updates, from a peer that knows this
        /// replica's vector.
        case subscription = 0
        /// Of a whole vector: missing updates.
        case vector = 1
        /// All entries of the peer, because contents differ.
        case contents = 2

        /// Whether a delta of this mode may serve such a request.
        func isServed(by mode: DeltaMode) -> Bool {
            switch self {
            case .subscription, .vector: mode.claimsVector
            case .contents: !mode.claimsVector
            }
        }
    }

    private let base: UInt64
    private var count: UInt32 = 0
    private var served: UInt32 = 0

    /// - Parameter random: its lowest 50 bits are the base.
    init(base random: UInt64) {
        base = random & (1 << 50 - 1) << 2
    }

    /// Opens a request, and returns its nonce.
    mutating func open(_ kind: Kind) -> UInt64 {
        count &+= 1
        return base + UInt64(count) << 2 + kind.rawValue
    }

    /// Whether a delta with this nonce serves an open request.
    func isOpen(_ nonce: UInt64, for mode: DeltaMode) -> Bool {
        guard let ordinal = ordinal(of: nonce), let kind = Kind(rawValue: nonce & 3), kind.isServed(by: mode) else {
            return false
        }
        return mode.hasCovers || ordinal > served
    }

    /// Closes a request that was served completely, and those before it.
    mutating func close(_ nonce: UInt64) {
        if let ordinal = ordinal(of: nonce) { served = max(served, ordinal) }
    }

    private func ordinal(of nonce: UInt64) -> UInt32? {
        guard nonce >> 2 > base >> 2, nonce >> 2 - base >> 2 <= UInt64(count) else { return nil }
        return UInt32(truncatingIfNeeded: nonce >> 2 - base >> 2)
    }
}
