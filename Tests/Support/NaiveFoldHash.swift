@testable import ScuttleCore

/// FoldHash and the line check, implemented differently from the library: byte by byte, with long multiplication.
enum NaiveFoldHash {
    /// The first 64 binary digits behind the point of e, pi and the golden ratio, in their order of use.
    static let keys: [UInt64] = [0xb7e1_5162_8aed_2a6b, 0x243f_6a88_85a3_08d3, 0x9e37_79b9_7f4a_7c15]

    static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        var states = [seed ^ keys[0], seed ^ keys[2]]
        var padded = bytes
        while padded.count % 32 != 0 { padded.append(0) }
        for start in stride(from: 0, to: padded.count, by: 16) {
            let lane = start / 16 % 2
            states[lane] = fold(word(padded, start) ^ keys[1], word(padded, start + 8) ^ states[lane])
        }
        return fold(fold(states[0] ^ keys[2], states[1] ^ keys[1]), UInt64(bytes.count) ^ keys[0])
    }

    /// Returns the line check of a delta, with sealed numbers.
    static func check(_ lines: [String], sealing numbers: [UInt64] = []) -> (count: UInt64, hash: UInt32) {
        var state: UInt64 = 0
        for line in lines { state = fold(state ^ keys[1], hash([UInt8](line)) ^ keys[2]) }
        for number in numbers { state = fold(state ^ keys[1], number ^ keys[2]) }
        return (UInt64(lines.count), UInt32(state & 0xffff_ffff))
    }

    /// Combines the high and the low half of a product.
    static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        // Long multiplication with digits of 32 bits.
        let digits = [a & 0xffff_ffff, a >> 32].map { x in [b & 0xffff_ffff, b >> 32].map { x * $0 } }
        let middle = (digits[0][0] >> 32) + (digits[0][1] & 0xffff_ffff) + (digits[1][0] & 0xffff_ffff)
        let low = (digits[0][0] & 0xffff_ffff) | (middle << 32)
        let high = digits[1][1] + (digits[0][1] >> 32) + (digits[1][0] >> 32) + (middle >> 32)
        return high ^ low
    }

    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
}
