/// The last eight requests of a link, as far as they have not been answered whole: only what answers one of them counts.
///
/// A nonce is a number of the link's own, random at its beginning, and one more for each request. Memory: 24 bytes.
struct OpenRequests {
    enum Kind: UInt16 {
        /// Of a hello: new updates, from a peer whose vector is equal.
        case subscription
        /// A whole vector: what this replica lacks.
        case vector
        /// All that the peer holds, since contents differ.
        case contents
        case none
    }

    private let base: UInt64
    private var count: UInt32 = 0
    /// Two bits a request, the latest lowest.
    private var kinds: UInt16 = 0xffff

    init(base: UInt64) {
        self.base = base & (.highest >> 1)
    }

    /// The nonce of a request that goes out now; the eighth before it is open no more. A subscription that is open is made
    /// again as it is.
    mutating func open(_ kind: Kind) -> UInt64 {
        if kind == .subscription {
            for age in 0..<min(UInt32(8), count) where kinds >> UInt16(truncatingIfNeeded: 2 * age) & 3 == kind.rawValue {
                return base + UInt64(count - age)
            }
        }
        count &+= 1
        kinds = kinds << 2 | kind.rawValue
        return base + UInt64(count)
    }

    /// What was asked for with a nonce; nil where that is not open.
    func kind(of nonce: UInt64) -> Kind? {
        guard let shift = shift(of: nonce), let kind = Kind(rawValue: kinds >> shift & 3), kind != .none else {
            return nil
        }
        return kind
    }

    /// Answered whole: of a request for what this replica lacks, what is new from there on may still come.
    mutating func close(_ nonce: UInt64) {
        guard let shift = shift(of: nonce) else { return }
        let rest = kind(of: nonce) == .vector ? Kind.subscription : .none
        kinds = kinds & ~(3 << shift) | rest.rawValue << shift
    }

    private func shift(of nonce: UInt64) -> UInt16? {
        let age = (base + UInt64(count)).subtractingReportingOverflow(nonce)
        guard !age.overflow, age.partialValue < 8, nonce > base else { return nil }
        return UInt16(truncatingIfNeeded: 2 * age.partialValue)
    }
}

extension OpenRequests.Kind {
    /// Whether a delta of this mode may answer such a request.
    func isAnswered(by mode: DeltaMode) -> Bool {
        switch self {
        case .subscription: mode == .log
        case .vector: mode != .contents
        case .contents: mode == .contents
        case .none: false
        }
    }
}
