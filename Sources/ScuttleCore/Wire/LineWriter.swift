/// Writes the canonical form of messages: one spelling for each, so that equal updates are equal bytes everywhere.
///
/// In strings `"`, `\` and the control characters below U+0020 are escaped, nothing else. The writer trusts its caller
/// for the room: measure first.
struct LineWriter {
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

    /// A number of so many digits.
    @_optimize(speed)
    mutating func put(_ number: UInt64, digits: Int) {
        var rest = number
        for offset in stride(from: digits - 1, through: 0, by: -1) {
            end.storeBytes(of: UInt8(truncatingIfNeeded: 48 + rest % 10), toByteOffset: offset, as: UInt8.self)
            rest /= 10
        }
        end += digits
    }

    /// The inside of a JSON string, which takes so many bytes with its escapes.
    @_optimize(speed)
    mutating func put(_ text: Bytes, escapedTo count: Int) {
        guard count > text.count else { return put(text) }
        for byte in text {
            switch byte {
            case 0x22, 0x5c: putEscape(byte)
            case 0x08: putEscape(UInt8(ascii: "b"))
            case 0x09: putEscape(UInt8(ascii: "t"))
            case 0x0a: putEscape(UInt8(ascii: "n"))
            case 0x0c: putEscape(UInt8(ascii: "f"))
            case 0x0d: putEscape(UInt8(ascii: "r"))
            case ..<0x20:
                put("\\u00")
                put(Self.hexadecimal(byte >> 4))
                put(Self.hexadecimal(byte & 15))
            default: put(byte)
            }
        }
    }

    private mutating func putEscape(_ letter: UInt8) {
        put(UInt8(ascii: "\\"))
        put(letter)
    }

    static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? 48 + digit : 87 + digit
    }

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

    /// The bytes that a text takes inside of a JSON string. O(length).
    @_optimize(speed)
    static func escapedCount(of text: Bytes) -> Int {
        var count = text.count
        guard text.endOfPlainText(from: 0).offset < count else { return count }
        for byte in text {
            switch byte {
            case 0x22, 0x5c, 0x08, 0x09, 0x0a, 0x0c, 0x0d: count += 1
            case ..<0x20: count += 5
            default: break
            }
        }
        return count
    }
}
