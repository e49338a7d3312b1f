extension CanonicalScanner {
    /// Skips an integer within int64, or a real far within double. O(length).
    @_optimize(speed)
    mutating func skipNumber() -> Bool {
        _ = consume(UInt8(ascii: "-"))
        guard let whole = digits(max: 19) else { return false }
        switch next {
        case UInt8(ascii: "."):
            skip(1)
            guard skipDigits() else { return false }
            return skipExponent()
        case UInt8(ascii: "e"), UInt8(ascii: "E"):
            return skipExponent()
        default:
            // -2^63 is left to jansson.
            return whole <= UInt64(Int64.max)
        }
    }

    /// Reads a number of a canonical line: no sign, no leading zero, at most 2^53-1.
    @_optimize(speed)
    mutating func version() -> Version? {
        guard let version = digits(max: 16), version <= .highest else { return nil }
        return version
    }

    /// Reads hexadecimal digits in lower case, at most 16.
    @_optimize(speed)
    mutating func hexadecimal(digits: Int) -> UInt64? {
        var number: UInt64 = 0
        for _ in 0..<digits {
            guard let digit = consume(where: { $0 &- 48 < 10 || $0 &- 97 < 6 }) else { return nil }
            number = number << 4 | UInt64(digit < 58 ? digit &- 48 : digit &- 87)
        }
        return number
    }

    /// Reads digits without a leading zero; nil if there are none or too many. At most 19 digits, which fit 64 bits.
    @_optimize(speed)
    private mutating func digits(max: Int) -> UInt64? {
        let start = offset
        var number: UInt64 = 0
        while let digit = consume(where: { $0.isDigit }) {
            guard offset &- start <= max else { return nil }
            number = number &* 10 &+ UInt64(digit &- UInt8(ascii: "0"))
        }
        let count = offset &- start
        guard count > 0, count == 1 || text[start] != UInt8(ascii: "0") else { return nil }
        return number
    }

    @_optimize(speed)
    private mutating func skipDigits() -> Bool {
        let start = offset
        while consume(where: { $0.isDigit }) != nil {}
        return offset > start
    }

    /// Skips the exponent, if there is one. Two digits, with the nineteen before the point, cannot overflow.
    @_optimize(speed)
    private mutating func skipExponent() -> Bool {
        guard consume(where: { $0 | 0x20 == UInt8(ascii: "e") }) != nil else { return true }
        _ = consume(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") })
        let start = offset
        return skipDigits() && offset &- start <= 2
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
}
