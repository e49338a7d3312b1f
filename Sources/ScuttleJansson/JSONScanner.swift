import ScuttleCore

/// Walks over JSON text and skips strings. It accepts any text, because jansson judges it.
struct JSONScanner {
    private let text: Bytes
    private(set) var offset = 0

    init(_ text: Bytes) {
        self.text = text
    }

    /// Returns the next byte outside of strings; of a string only its opening quote.
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
