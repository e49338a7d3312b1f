/// A generator of nonces and tokens: a keyed hash of a counter. A peer that has seen some cannot predict those of another link,
/// as it could with a `RandomSource`, whose state follows from its output.
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
