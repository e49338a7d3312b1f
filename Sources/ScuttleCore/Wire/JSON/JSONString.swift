/// The canonical text inside of a JSON string: it escapes `"`, `\` and the control characters below U+0020, and nothing else.
/// Each text has one spelling, so equal updates are equal bytes in all replicas.
extension ByteWriter {
    /// Writes the inside of a JSON string, which is `count` bytes long with its escapes.
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

    /// Returns the length of a text inside of a JSON string. O(length).
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
