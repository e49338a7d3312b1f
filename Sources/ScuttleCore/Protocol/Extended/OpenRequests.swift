/// The requests of a link: only what answers one of them counts, and only until it has been answered whole.
///
/// A nonce is a number of the link's own: random at its beginning, higher with each request, and the kind of the request in its
/// lowest bits. Since answers come in the order of requests, all that is kept is how many have been made, and up to which they
/// have been answered. A log delta goes on as long as the link does. Memory: 16 bytes.
struct OpenRequests {
    enum Kind: UInt64 {
        /// Of a hello: what is new from now on, from a peer whose vector is equal; or what this replica lacks, from one that
        /// knows its vector.
        case subscription = 0
        /// Of a whole vector: what this replica lacks.
        case vector = 1
        /// All that the peer holds, since contents differ.
        case contents = 2

        /// Whether a delta of this mode may answer such a request.
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

    /// - Parameter random: of which the lowest 50 bits count.
    init(base random: UInt64) {
        base = random & (1 << 50 - 1) << 2
    }

    /// The nonce of one more request.
    mutating func open(_ kind: Kind) -> UInt64 {
        count &+= 1
        return base + UInt64(count) << 2 + kind.rawValue
    }

    /// Whether a delta that names this nonce answers an open request.
    func isOpen(_ nonce: UInt64, for mode: DeltaMode) -> Bool {
        guard let ordinal = ordinal(of: nonce), let kind = Kind(rawValue: nonce & 3), kind.isServed(by: mode) else {
            return false
        }
        return mode.hasCovers || ordinal > served
    }

    /// A request has been answered whole; those before it will not be.
    mutating func close(_ nonce: UInt64) {
        if let ordinal = ordinal(of: nonce) { served = max(served, ordinal) }
    }

    private func ordinal(of nonce: UInt64) -> UInt32? {
        guard nonce >> 2 > base >> 2, nonce >> 2 - base >> 2 <= UInt64(count) else { return nil }
        return UInt32(truncatingIfNeeded: nonce >> 2 - base >> 2)
    }
}
