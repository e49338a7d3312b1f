/// What a replica derives from its one seed. Each derivation is a keyed hash of its purpose, so that none tells another:
/// peers see the incarnation of a source and the order of digests, and must not learn the key of the hash tables from them.
struct Secrets {
    private let hash: SipHash

    init(seed: UInt64) {
        hash = SipHash(key: (seed, 0))
    }

    func derive(_ purpose: Bytes) -> UInt64 {
        hash.hash(purpose)
    }

    /// The random bits of an incarnation, other ones for another name and for another save to start from. O(bytes).
    func incarnation(of name: Bytes, startingFrom state: Bytes) -> UInt64 {
        var purpose = ByteBuffer()
        purpose.append(Bytes("incarnation "))
        withUnsafeBytes(of: derive(state).littleEndian) { purpose.append($0) }
        purpose.append(name)
        return derive(purpose.bytes)
    }

    var tableHash: SipHash {
        SipHash(key: (derive(Bytes("tables, first half")), derive(Bytes("tables, second half"))))
    }

    var nonces: NonceSource {
        NonceSource(hash: SipHash(key: (derive(Bytes("nonces")), derive(Bytes("nonces, second half")))))
    }

    var random: RandomSource {
        RandomSource(seed: derive(Bytes("random order")))
    }
}
