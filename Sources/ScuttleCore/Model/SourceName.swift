/// The form of a source: a name, `~`, and 8 characters that encode the 48 random bits of an incarnation.
///
/// A source without that ending is exact: a name of its own.
enum SourceName {
    /// `~` and the characters of the incarnation.
    static let suffixBytes = 9
    /// The longest name that leaves room for an incarnation.
    static let maxBytes = Limits.idBytes - suffixBytes

    /// Whether a text ends in `~` and 8 characters of the alphabet. O(1).
    static func endsInIncarnation(_ text: Bytes) -> Bool {
        let start = text.count - suffixBytes
        guard start >= 0, text[start] == UInt8(ascii: "~") else { return false }
        return text[(start + 1)...].allSatisfy(isInAlphabet)
    }

    /// Appends `~` and the low 48 bits of a number, six bits a character, the highest first.
    static func appendSuffix(_ bits: UInt64, to text: inout ByteBuffer) {
        text.append(Bytes("~"))
        for shift in stride(from: UInt64(42), through: 0, by: -6) {
            let character = alphabet[Int(truncatingIfNeeded: bits >> shift & 63)]
            withUnsafeBytes(of: character) { text.append($0) }
        }
    }

    private static var alphabet: Bytes { Bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") }

    private static func isInAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The name in a source: all before the incarnation, and the whole of an exact source. O(1).
    public var nameOfSource: Bytes {
        // No name is empty.
        guard count > SourceName.suffixBytes, SourceName.endsInIncarnation(self) else { return self }
        return Bytes(rebasing: self[..<(count - SourceName.suffixBytes)])
    }
}

extension Secrets {
    /// What peers tell a start by. Replicas that share a seed have other ones, if each start has a source of its own.
    func incarnationNumber(of id: Bytes) -> UInt64 {
        var purpose = ByteBuffer()
        purpose.append(Bytes("incarnation"))
        if SourceName.endsInIncarnation(id) { purpose.append(id) }
        return derive(purpose.bytes)
    }
}
