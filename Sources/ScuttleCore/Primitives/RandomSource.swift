/// A pseudorandom generator with a seed: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
/// 2014). The core has no randomness of its own; the host passes the seed.
struct RandomSource {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    /// Mixes the bits of a number: each input bit changes about half of the output bits.
    static func mix(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// Returns a number in 0 ..< limit. The limit must be far below 2^64, so that the bias of the remainder does not matter.
    mutating func next(below limit: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(max(limit, 1)))
    }
}
