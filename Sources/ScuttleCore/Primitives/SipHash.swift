/// SipHash-1-3: a hash with a secret key, so that a peer cannot choose keys that collide.
///
/// Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. One compression and three finalisation rounds, as
/// hash tables commonly use it. O(length).
struct SipHash {
    private let key: (UInt64, UInt64)

    init(key: (UInt64, UInt64)) {
        self.key = key
    }

    @_optimize(speed)
    func hash(_ bytes: Bytes) -> UInt64 {
        var state = State(key)
        guard let start = bytes.baseAddress else { return state.finish(tail: 0) }
        let whole = bytes.count & ~7
        var offset = 0
        while offset < whole {
            state.absorb(UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var tail = UInt64(truncatingIfNeeded: bytes.count) << 56
        while offset < bytes.count {
            tail |= UInt64(bytes[offset]) << UInt64(8 * (offset - whole))
            offset += 1
        }
        return state.finish(tail: tail)
    }

    private struct State {
        var v0, v1, v2, v3: UInt64

        init(_ key: (UInt64, UInt64)) {
            v0 = key.0 ^ 0x736f_6d65_7073_6575
            v1 = key.1 ^ 0x646f_7261_6e64_6f6d
            v2 = key.0 ^ 0x6c79_6765_6e65_7261
            v3 = key.1 ^ 0x7465_6462_7974_6573
        }

        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            v0 ^= word
        }

        mutating func finish(tail: UInt64) -> UInt64 {
            absorb(tail)
            v2 ^= 0xff
            round()
            round()
            round()
            return v0 ^ v1 ^ v2 ^ v3
        }

        private mutating func round() {
            v0 &+= v1
            v1 = v1.rotated(13) ^ v0
            v0 = v0.rotated(32)
            v2 &+= v3
            v3 = v3.rotated(16) ^ v2
            v0 &+= v3
            v3 = v3.rotated(21) ^ v0
            v2 &+= v1
            v1 = v1.rotated(17) ^ v2
            v2 = v2.rotated(32)
        }
    }
}

extension UInt64 {
    fileprivate func rotated(_ bits: UInt64) -> UInt64 {
        self << bits | self >> (64 - bits)
    }
}
