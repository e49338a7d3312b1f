/// SipHash-c-d as the paper describes it (Aumasson, Bernstein, 2012, section 2), step by step and for any c and d.
func naiveSipHash(_ c: Int, _ d: Int, key: (UInt64, UInt64), _ message: [UInt8]) -> UInt64 {
    // 2.1: initialization.
    var v: [UInt64] = [
        key.0 ^ 0x736f_6d65_7073_6575, key.1 ^ 0x646f_7261_6e64_6f6d,
        key.0 ^ 0x6c79_6765_6e65_7261, key.1 ^ 0x7465_6462_7974_6573,
    ]

    func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 { (word << bits) | (word >> (64 - bits)) }

    // Figure 2.1: SipRound.
    func round() {
        v[0] = v[0] &+ v[1]
        v[2] = v[2] &+ v[3]
        v[1] = rotate(v[1], 13)
        v[3] = rotate(v[3], 16)
        v[1] ^= v[0]
        v[3] ^= v[2]
        v[0] = rotate(v[0], 32)
        v[2] = v[2] &+ v[1]
        v[0] = v[0] &+ v[3]
        v[1] = rotate(v[1], 17)
        v[3] = rotate(v[3], 21)
        v[1] ^= v[2]
        v[3] ^= v[0]
        v[2] = rotate(v[2], 32)
    }

    // 2.2: the message, zeros up to one byte short of whole words, and its length modulo 256.
    var padded = message
    while padded.count % 8 != 7 { padded.append(0) }
    padded.append(UInt8(message.count % 256))
    for start in stride(from: 0, to: padded.count, by: 8) {
        let word = padded[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        v[3] ^= word
        for _ in 0..<c { round() }
        v[0] ^= word
    }

    // 2.3: finalization.
    v[2] ^= 0xff
    for _ in 0..<d { round() }
    return v[0] ^ v[1] ^ v[2] ^ v[3]
}
