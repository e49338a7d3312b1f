/// Writes bytes, text and numbers one behind another, unchecked: the caller measures them first and provides the memory.
struct ByteWriter {
    private(set) var end: UnsafeMutableRawPointer

    init(at start: UnsafeMutableRawPointer) {
        end = start
    }

    @_optimize(speed)
    mutating func put(_ bytes: Bytes) {
        guard let source = bytes.baseAddress else { return }
        end.copyMemory(from: source, byteCount: bytes.count)
        end += bytes.count
    }

    @_optimize(speed)
    mutating func put(_ text: StaticString) {
        put(Bytes(text))
    }

    @_optimize(speed)
    mutating func put(_ byte: UInt8) {
        end.storeBytes(of: byte, as: UInt8.self)
        end += 1
    }

    @_optimize(speed)
    mutating func put(_ number: UInt64) {
        put(number, digits: Self.digits(of: number))
    }

    /// Writes a number that has `digits` decimal digits.
    @_optimize(speed)
    mutating func put(_ number: UInt64, digits: Int) {
        var rest = number
        for offset in stride(from: digits - 1, through: 0, by: -1) {
            end.storeBytes(of: UInt8(truncatingIfNeeded: 48 + rest % 10), toByteOffset: offset, as: UInt8.self)
            rest /= 10
        }
        end += digits
    }

    /// Returns the hexadecimal digit of a number below 16, in lower case.
    static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? 48 + digit : 87 + digit
    }

    /// Returns the count of decimal digits of a number.
    @_optimize(speed)
    static func digits(of number: UInt64) -> Int {
        var digits = 1
        var bound: UInt64 = 10
        while digits < 20, number >= bound {
            digits += 1
            bound &*= 10
        }
        return digits
    }
}
