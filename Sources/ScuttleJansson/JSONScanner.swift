import ScuttleCore

/// Steps through JSON text and hops over strings. It judges nothing: jansson does that.
struct JSONScanner {
    private let text: Bytes
    private(set) var offset = 0

    init(_ text: Bytes) {
        self.text = text
    }

    /// The next byte that is not inside a string; of a string only its opening quote shows.
    mutating func nextOutsideStrings() -> UInt8? {
        guard offset < text.count else { return nil }
        let byte = text[offset]
        offset += 1
        if byte == UInt8(ascii: "\"") { skipString() }
        return byte
    }

    private mutating func skipString() {
        while offset < text.count {
            let byte = text[offset]
            offset += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { break }
        }
        offset = min(offset, text.count)
    }
}
