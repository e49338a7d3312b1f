/// A fast hash without a key, the same in all replicas: it notices lines that were lost, swapped or altered on their way, and
/// contents that differ. It does not resist somebody who looks for collisions.
///
/// The bytes are read as little-endian words of 64 bits, four at a time, the last block filled up with zeros. Two states take two
/// words of each block: both words are mixed, multiplied to 128 bits, and the halves of the product are combined (the "folded
/// multiply" of wyhash, Wang Yi 2019). At the end both states and the number of bytes are folded into one. O(length).
struct FoldHash {
    private var states: (UInt64, UInt64)
    private var count = 0
    /// The bytes of a block that is not complete, and zeros.
    private var rest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    private static var block: Int { 32 }

    init(seed: UInt64 = 0) {
        states = (seed ^ Self.key.0, seed ^ Self.key.2)
    }

    /// The hash of bytes that stand in one piece.
    @inline(__always)
    static func hash(_ bytes: Bytes, seed: UInt64 = 0) -> UInt64 {
        guard let start = bytes.baseAddress else { return finish((seed ^ key.0, seed ^ key.2), 0) }
        var states = (seed ^ key.0, seed ^ key.2)
        var place = start
        var left = bytes.count
        while left >= block {
            absorb(word(place), word(place + 8), word(place + 16), word(place + 24), into: &states)
            place += block
            left &-= block
        }
        if left > 0 {
            let rest = tail(place, left)
            absorb(rest.0, rest.1, rest.2, rest.3, into: &states)
        }
        return finish(states, bytes.count)
    }

    /// Goes on with the next bytes; where pieces are cut does not matter.
    mutating func add(_ bytes: Bytes) {
        var bytes = bytes
        // Few pieces are cut inside of a block: what completes one goes byte by byte.
        while count & (Self.block - 1) != 0, let first = bytes.first {
            put(first)
            bytes = Bytes(rebasing: bytes[1...])
        }
        guard let start = bytes.baseAddress else { return }
        var offset = 0
        while bytes.count - offset >= Self.block {
            let place = start + offset
            Self.absorb(
                Self.word(place), Self.word(place + 8), Self.word(place + 16), Self.word(place + 24), into: &states)
            offset += Self.block
            count += Self.block
        }
        for byte in bytes[offset...] { put(byte) }
    }

    /// Of all bytes so far.
    var value: UInt64 {
        var states = states
        if count & (Self.block - 1) != 0 { Self.absorb(rest.0, rest.1, rest.2, rest.3, into: &states) }
        return Self.finish(states, count)
    }

    /// Two numbers become one that depends on all bits of both.
    @inline(__always)
    static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Odd numbers without a pattern: the first digits of e, pi and the golden ratio behind the point, in base 2^64.
    static var key: (UInt64, UInt64, UInt64) {
        (0xb7e1_5162_8aed_2a6b, 0x243f_6a88_85a3_08d3, 0x9e37_79b9_7f4a_7c15)
    }

    @inline(__always)
    private static func absorb(
        _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, into states: inout (UInt64, UInt64)
    ) {
        states.0 = fold(a ^ key.1, b ^ states.0)
        states.1 = fold(c ^ key.1, d ^ states.1)
    }

    @inline(__always)
    private static func finish(_ states: (UInt64, UInt64), _ count: Int) -> UInt64 {
        fold(fold(states.0 ^ key.2, states.1 ^ key.1), UInt64(truncatingIfNeeded: count) ^ key.0)
    }

    @inline(__always)
    private static func word(_ place: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
    }

    /// Less than a block, filled up with zeros.
    @inline(__always)
    private static func tail(_ place: UnsafeRawPointer, _ count: Int) -> (UInt64, UInt64, UInt64, UInt64) {
        if count < 8 { return (part(place, count), 0, 0, 0) }
        if count < 16 { return (word(place), part(place + 8, count &- 8), 0, 0) }
        if count < 24 { return (word(place), word(place + 8), part(place + 16, count &- 16), 0) }
        return (word(place), word(place + 8), word(place + 16), part(place + 24, count &- 24))
    }

    /// The next bytes, less than 8, as a word that is filled up with zeros.
    @inline(__always)
    private static func part(_ place: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count >= 4 {
            // Both halves overlap, with the same bits.
            let low = UInt32(littleEndian: place.loadUnaligned(as: UInt32.self))
            let high = UInt32(littleEndian: (place + (count &- 4)).loadUnaligned(as: UInt32.self))
            return UInt64(low) | UInt64(high) << UInt64(truncatingIfNeeded: 8 &* (count &- 4))
        }
        var word: UInt64 = 0
        for offset in 0..<count {
            word |=
                UInt64(place.load(fromByteOffset: offset, as: UInt8.self)) << UInt64(truncatingIfNeeded: 8 &* offset)
        }
        return word
    }

    private mutating func put(_ byte: UInt8) {
        let place = count & (Self.block - 1)
        // A block begins with its first byte.
        if place == 0 { rest = (0, 0, 0, 0) }
        let bits = UInt64(byte) << UInt64(truncatingIfNeeded: 8 * (place & 7))
        switch place >> 3 {
        case 0: rest.0 |= bits
        case 1: rest.1 |= bits
        case 2: rest.2 |= bits
        default: rest.3 |= bits
        }
        count += 1
        if count & (Self.block - 1) == 0 { Self.absorb(rest.0, rest.1, rest.2, rest.3, into: &states) }
    }
}
