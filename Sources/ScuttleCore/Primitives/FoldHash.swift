/// A fast hash without a key, equal in all replicas. It detects lines that were lost, swapped or altered on their way, and
/// contents that differ. It does not resist an attacker who searches for collisions.
///
/// The hash reads the bytes as little-endian words of 64 bits, four words a block, and fills the last block up with zeros. Each
/// of two states mixes two words of a block, multiplies them to 128 bits, and combines the halves of the product (the "folded
/// multiply" of wyhash, Wang Yi 2019). At the end it folds both states and the count of bytes into one number. O(length).
struct FoldHash {
    private var states: (UInt64, UInt64)
    private var count = 0
    /// The bytes of the last, incomplete block, and zeros.
    private var rest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    private static var block: Int { 32 }

    init(seed: UInt64 = 0) {
        states = (seed ^ Self.key.0, seed ^ Self.key.2)
    }

    /// Returns the hash of bytes that lie in one piece.
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
            let rest = tail(place, left, part(bytes))
            absorb(rest.0, rest.1, rest.2, rest.3, into: &states)
        }
        return finish(states, bytes.count)
    }

    /// Returns the hash of a name. Not inlined: names are hashed seldom, and the code is half a kilobyte.
    @inline(never)
    @_optimize(speed)
    static func hash(ofName name: Bytes) -> UInt64 {
        hash(name)
    }

    /// Adds the next bytes. The result does not depend on how the bytes are cut into pieces.
    @_optimize(speed)
    mutating func add(_ bytes: Bytes) {
        var bytes = bytes
        // Few pieces begin inside a block. The bytes that complete it are added one by one.
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

    /// The hash of all bytes so far.
    var value: UInt64 {
        var states = states
        if count & (Self.block - 1) != 0 { Self.absorb(rest.0, rest.1, rest.2, rest.3, into: &states) }
        return Self.finish(states, count)
    }

    /// Combines two numbers into one that depends on all bits of both.
    @inline(__always)
    static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Constants without a pattern: the first digits of e, pi and the golden ratio behind the point, in base 2^64.
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

    /// Splits less than a block into words, filled up with zeros: some whole words, and `last`.
    @inline(__always)
    private static func tail(
        _ place: UnsafeRawPointer, _ count: Int, _ last: UInt64
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        switch count >> 3 {
        case 0: (last, 0, 0, 0)
        case 1: (word(place), last, 0, 0)
        case 2: (word(place), word(place + 8), last, 0)
        default: (word(place), word(place + 8), word(place + 16), last)
        }
    }

    /// Returns the bytes behind the last whole word, less than 8, as a word that is filled up with zeros.
    @inline(__always)
    private static func part(_ bytes: Bytes) -> UInt64 {
        guard let start = bytes.baseAddress, bytes.count >= 8 else { return word(ofShort: bytes) }
        // One load covers the last 8 bytes, and shifts out those in front. That saves a branch on how many remain.
        let ahead = word(start + (bytes.count &- 8)) &>> UInt64(truncatingIfNeeded: 56 &- 8 &* (bytes.count & 7))
        return ahead &>> 8
    }

    @inline(never)
    private static func word(ofShort bytes: Bytes) -> UInt64 {
        var word: UInt64 = 0
        for byte in bytes.reversed() { word = word << 8 | UInt64(byte) }
        return word
    }

    private mutating func put(_ byte: UInt8) {
        let place = count & (Self.block - 1)
        // The first byte of a block clears the previous one.
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
