/// The tokens of JSON lines.
extension ByteBuffer {
    mutating func put(_ text: StaticString) {
        append(Bytes(text))
    }

    mutating func put(_ bytes: Bytes) {
        append(bytes)
    }

    /// Writes a number in decimal.
    package mutating func put(_ number: UInt64) {
        let digits = ByteWriter.digits(of: number)
        var writer = ByteWriter(at: reserve(digits))
        writer.put(number, digits: digits)
        advance(digits)
    }

    /// Writes a string in quotes.
    mutating func putJSONString(_ text: Bytes) {
        let count = ByteWriter.escapedCount(of: text)
        var writer = ByteWriter(at: reserve(count + 2))
        writer.put(UInt8(ascii: "\""))
        writer.put(text, escapedTo: count)
        writer.put(UInt8(ascii: "\""))
        advance(count + 2)
    }

    /// Writes a number in 16 hexadecimal digits.
    mutating func putHexadecimal(_ number: UInt64) {
        var writer = ByteWriter(at: reserve(16))
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            writer.put(ByteWriter.hexadecimal(UInt8(truncatingIfNeeded: number >> shift & 15)))
        }
        advance(16)
    }
}
