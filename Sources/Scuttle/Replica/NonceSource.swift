/// Numbers that others are to echo. Whoever knows some of them knows nothing of the next, so a peer cannot make those of another
/// link up: a keyed hash of a count. `RandomSource` can be run backwards.
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
