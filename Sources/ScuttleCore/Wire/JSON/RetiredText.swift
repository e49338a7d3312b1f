/// Retired sources in messages, one behind the other: 22 characters for the hash, and a few for the version.
///
/// The characters are those of base64 for URLs. The first 22 hold 132 bits: the hash of 128 bits, the high half first, a bit
/// for a GC version, a bit for a name that will not return, and two bits for the count of characters of the version: two, four,
/// six or nine.
extension RetiredClaim {
    private static var hashCharacters: Int { 22 }

    /// Returns the length of a claim.
    static func count(version: Version) -> Int {
        hashCharacters + digits(of: version)
    }

    private static func digits(of version: Version) -> Int {
        (64 - version.leadingZeroBitCount + 11) / 12 <= 3 ? max(2, (64 - version.leadingZeroBitCount + 11) / 12 * 2) : 9
    }

    fileprivate func write(_ put: (UInt8) -> Void) {
        let digits = Self.digits(of: version)
        let code = UInt64(isPurged ? 8 : 0) | UInt64(isFinal ? 4 : 0) | UInt64(truncatingIfNeeded: digits / 2 - 1)
        for index in 0..<Self.hashCharacters {
            // 132 bits: 64 of the high half, 64 of the low one, 4 of the code.
            var bits: UInt64 = 0
            for bit in 6 * index..<6 * index + 6 {
                let one =
                    bit < 64
                    ? hash.high >> UInt64(63 - bit)
                    : bit < 128 ? hash.low >> UInt64(127 - bit) : code >> UInt64(131 - bit)
                bits = bits << 1 | one & 1
            }
            put(Self.character(bits))
        }
        for index in stride(from: digits - 1, through: 0, by: -1) {
            put(Self.character(version >> UInt64(6 * index) & 63))
        }
    }

    /// Reads the claims of a text; nil if the text is malformed. O(length).
    public static func read(_ text: Bytes) -> [RetiredClaim]? {
        var claims: [RetiredClaim] = []
        var offset = 0
        while offset < text.count {
            guard text.count - offset > hashCharacters else { return nil }
            var (high, low, code): (UInt64, UInt64, UInt64) = (0, 0, 0)
            for index in 0..<hashCharacters {
                guard let bits = value(of: text[offset + index]) else { return nil }
                // Each character shifts in from the right. The bits that overflow the code move to the low half, and on to the
                // high one.
                high = high << 6 | low >> 58
                low = low << 6 | bits
                code = bits
            }
            // The last four bits are the code.
            let kept = low >> 4 | high << 60
            high >>= 4
            // 132 bits went through 128: the first four are read again.
            guard let first = value(of: text[offset]) else { return nil }
            high |= (first >> 2) << 60
            low = kept
            let digits = code & 3 == 3 ? 9 : 2 * Int(truncatingIfNeeded: code & 3) + 2
            offset += hashCharacters
            guard text.count - offset >= digits else { return nil }
            var version: UInt64 = 0
            for index in 0..<digits {
                guard let bits = value(of: text[offset + index]) else { return nil }
                version = version << 6 | bits
            }
            offset += digits
            guard version > 0, version <= .highest else { return nil }
            claims.append(
                RetiredClaim(
                    hash: SourceHash(low: low, high: high), version: version, isPurged: code & 8 != 0,
                    isFinal: code & 4 != 0))
        }
        return claims
    }

    private static func character(_ bits: UInt64) -> UInt8 {
        switch bits & 63 {
        case 0..<26: 65 + UInt8(truncatingIfNeeded: bits & 63)
        case 26..<52: 71 + UInt8(truncatingIfNeeded: bits & 63)
        case 52..<62: UInt8(truncatingIfNeeded: bits & 63) - 4
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    private static func value(of character: UInt8) -> UInt64? {
        switch character {
        case 65..<91: UInt64(character - 65)
        case 97..<123: UInt64(character - 71)
        case 48..<58: UInt64(character + 4)
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

extension ByteBuffer {
    mutating func putJSON(_ claim: RetiredClaim) {
        let count = RetiredClaim.count(version: claim.version)
        var writer = ByteWriter(at: reserve(count))
        claim.write { writer.put($0) }
        advance(count)
    }
}
