/// Nonces and tokens: a keyed hash of a count. A peer that knows some of them cannot tell those of another link; the states of a
/// `RandomSource` follow from its numbers.
struct NonceSource {
    private let hash: SipHash
    private var count: UInt64 = 0

    init(hash: SipHash) {
        self.hash = hash
    }

    mutating func next() -> UInt64 {
        count &+= 1
        return withUnsafeBytes(of: count.littleEndian) { hash.hash($0) }
    }
}
