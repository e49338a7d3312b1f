import Scuttle

extension CanonicalScanner {
    /// The inside of a string without escapes: it is what it spells. O(length).
    mutating func plainString() -> Bytes? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = offset
        let isASCII = skipPlain()
        let inside = taken(from: start)
        guard take(UInt8(ascii: "\"")), isASCII || inside.isUTF8 else { return nil }
        return inside
    }

    /// Steps over a string, escapes and all. O(length).
    mutating func skipString() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        let start = offset
        var isASCII = true
        while true {
            isASCII = skipPlain() && isASCII
            if take(UInt8(ascii: "\"")) { break }
            guard skipEscape() else { return false }
        }
        // The closing quote is ASCII, and does no harm.
        return isASCII || taken(from: start).isUTF8
    }

    /// Steps to the next byte that is a quote, a backslash or a control character, or to the end; false where one of the
    /// bytes may have been none of ASCII. These never are part of a longer character, so UTF-8 can be checked afterwards.
    private mutating func skipPlain() -> Bool {
        var seen: UInt64 = 0
        // Eight bytes at a time: the lowest byte that is zero after xor, or below 0x20, is found by the borrows of a
        // subtraction; above it they may be wrong.
        while text.count &- offset >= 8 {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let quotes = word ^ Self.each(UInt8(ascii: "\""))
            let backslashes = word ^ Self.each(UInt8(ascii: "\\"))
            let ones = Self.each(1)
            let found =
                ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
                    | (word &- Self.each(0x20)) & ~word) & Self.each(0x80)
            guard found == 0 else {
                let count = found.trailingZeroBitCount / 8
                skip(count)
                return (seen | word & ((1 << UInt64(8 &* count)) &- 1)) & Self.each(0x80) == 0
            }
            seen |= word
            skip(8)
        }
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            seen |= UInt64(byte)
            skip(1)
        }
        return seen & Self.each(0x80) == 0
    }

    /// A word of eight times this byte.
    private static func each(_ byte: UInt8) -> UInt64 {
        0x0101_0101_0101_0101 &* UInt64(byte)
    }

    /// Steps over an escape. Halves of surrogate pairs are left to jansson.
    private mutating func skipEscape() -> Bool {
        guard take(UInt8(ascii: "\\")), let kind = take(where: { _ in true }) else { return false }
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            // U+D000 … U+DFFF, of which the upper half are surrogates.
            guard next.map({ $0 | 0x20 }) != UInt8(ascii: "d") else { return false }
            for _ in 0..<4 { guard take(where: { $0.isHexadecimal }) != nil else { return false } }
            return true
        default:
            return false
        }
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
