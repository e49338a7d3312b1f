extension CanonicalScanner {
    /// Reads a string without escapes, and returns the bytes between its quotes, which are the text itself. O(length).
    @_optimize(speed)
    mutating func plainString() -> Bytes? {
        guard consume(UInt8(ascii: "\"")) else { return nil }
        let start = offset
        let isASCII = skipPlain()
        let text = slice(from: start)
        guard consume(UInt8(ascii: "\"")), isASCII || text.isUTF8 else { return nil }
        return text
    }

    /// Skips a string, with its escapes. O(length).
    @_optimize(speed)
    mutating func skipString() -> Bool {
        guard consume(UInt8(ascii: "\"")) else { return false }
        let start = offset
        var isASCII = true
        while true {
            isASCII = skipPlain() && isASCII
            if consume(UInt8(ascii: "\"")) { break }
            guard skipEscape() else { return false }
        }
        // The closing quote is ASCII, so it does not change the result.
        return isASCII || slice(from: start).isUTF8
    }

    /// Skips to the next quote, backslash or control character, or to the end; false if a skipped byte may not be ASCII. No
    /// longer character contains one of those bytes, so the caller can check UTF-8 afterwards.
    @inline(__always)
    private mutating func skipPlain() -> Bool {
        let end = text.endOfPlainText(from: offset)
        skip(end.offset &- offset)
        return end.isASCII
    }

    /// Skips an escape. Surrogates are left to jansson.
    @_optimize(speed)
    private mutating func skipEscape() -> Bool {
        guard consume(UInt8(ascii: "\\")), let kind = consume(where: { _ in true }) else { return false }
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            // U+D000 … U+DFFF, of which the upper half are surrogates.
            guard next.map({ $0 | 0x20 }) != UInt8(ascii: "d") else { return false }
            for _ in 0..<4 { guard consume(where: { $0.isHexadecimal }) != nil else { return false } }
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
