/// A fast hash without a key, the same in all replicas: it notices lines that were lost, swapped or altered on their way, and
/// contents that differ. It does not resist somebody who looks for collisions.
///
/// The bytes are read as little-endian words of 64 bits, two at a time, the last block filled up with zeros. Each block is
/// folded into the state: both words are mixed, multiplied to 128 bits, and the halves of the product are combined (the
/// "folded multiply" of wyhash, Wang Yi 2019). O(length).
struct FoldHash {
    private var state: UInt64
    private var count = 0
    /// The bytes of a block that is not complete.
    private var rest: (UInt64, UInt64) = (0, 0)

    init(seed: UInt64 = 0) {
        state = seed ^ Self.key.0
    }

    /// The hash of bytes that stand in one piece.
    @inline(__always)
    static func hash(_ bytes: Bytes, seed: UInt64 = 0) -> UInt64 {
        var hash = FoldHash(seed: seed)
        hash.add(bytes)
        return hash.value
    }

    /// Goes on with the next bytes; where pieces are cut does not matter.
    @inline(__always)
    mutating func add(_ bytes: Bytes) {
        guard let start = bytes.baseAddress else { return }
        var offset = 0
        if count & 15 != 0 {
            offset = fill(from: bytes)
            guard offset < bytes.count else {
                count &+= bytes.count
                return
            }
        }
        while bytes.count &- offset >= 16 {
            let first = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let second = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self))
            state = Self.fold(first ^ Self.key.1, second ^ state)
            offset &+= 16
        }
        if offset < bytes.count { keep(bytes, from: offset) }
        count &+= bytes.count
    }

    /// Of all bytes so far.
    var value: UInt64 {
        let last = count & 15 == 0 ? state : Self.fold(rest.0 ^ Self.key.1, rest.1 ^ state)
        return Self.fold(last ^ Self.key.2, UInt64(truncatingIfNeeded: count) ^ Self.key.0)
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

    /// The end of a piece, less than a block, at the beginning of a block.
    @inline(__always)
    private mutating func keep(_ bytes: Bytes, from offset: Int) {
        let left = bytes.count &- offset
        rest.0 = Self.word(bytes, from: offset, min(left, 8))
        rest.1 = left > 8 ? Self.word(bytes, from: offset &+ 8, left &- 8) : 0
    }

    /// One to eight bytes as a word, filled up with zeros.
    @inline(__always)
    private static func word(_ bytes: Bytes, from offset: Int, _ count: Int) -> UInt64 {
        let start = bytes.baseAddress.unsafelyUnwrapped + offset
        if count == 8 { return UInt64(littleEndian: start.loadUnaligned(as: UInt64.self)) }
        if count >= 4 {
            // Both halves overlap, with the same bits.
            let low = UInt32(littleEndian: start.loadUnaligned(as: UInt32.self))
            let high = UInt32(littleEndian: (start + (count &- 4)).loadUnaligned(as: UInt32.self))
            return UInt64(low) | UInt64(high) << UInt64(truncatingIfNeeded: 8 &* (count &- 4))
        }
        var word: UInt64 = 0
        for place in 0..<count { word |= UInt64(bytes[offset &+ place]) << UInt64(truncatingIfNeeded: 8 &* place) }
        return word
    }

    /// Completes the block that was begun, as far as the bytes reach; returns how many of them that took.
    private mutating func fill(from bytes: Bytes) -> Int {
        let begun = count & 15
        let taken = min(16 - begun, bytes.count)
        for offset in 0..<taken { put(bytes[offset], at: begun + offset) }
        if begun + taken == 16 {
            state = Self.fold(rest.0 ^ Self.key.1, rest.1 ^ state)
            rest = (0, 0)
        }
        return taken
    }

    private mutating func put(_ byte: UInt8, at place: Int) {
        let shift = UInt64(truncatingIfNeeded: place & 7) &* 8
        // A block begins with its first byte.
        if place == 0 { rest = (0, 0) }
        if place < 8 { rest.0 |= UInt64(byte) << shift } else { rest.1 |= UInt64(byte) << shift }
    }
}
