import Scuttle

/// Reads the tokens of compact JSON one by one, without jansson and without memory of its own.
///
/// It accepts less than jansson does and never more: each answer that is nil or false means "ask jansson", after which the
/// scanner is of no more use. White space is not skipped, so a text that is read to its end has none outside of strings.
struct CanonicalScanner {
    let text: Bytes
    private(set) var offset = 0

    init(_ text: Bytes) {
        self.text = text
    }

    var isAtEnd: Bool { offset >= text.count }

    /// The byte at the present place; nil at the end.
    var next: UInt8? { offset < text.count ? text[offset] : nil }

    /// The bytes from `start` to the present place.
    func taken(from start: Int) -> Bytes {
        Bytes(rebasing: text[start..<offset])
    }

    /// Steps over some bytes, which the caller has seen to be there.
    mutating func skip(_ count: Int) {
        offset &+= count
    }

    /// Steps over a byte, where it stands here.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset &+= 1
        return true
    }

    /// Steps over some bytes, where they stand here.
    mutating func take(_ expected: StaticString) -> Bool {
        let count = expected.utf8CodeUnitCount
        guard text.count &- offset >= count,
            Bytes(rebasing: text[offset..<offset &+ count]).equals(Bytes(expected))
        else { return false }
        offset &+= count
        return true
    }

    /// Steps over a byte that belongs to a class.
    mutating func take(where belongs: (UInt8) -> Bool) -> UInt8? {
        guard let next, belongs(next) else { return nil }
        offset &+= 1
        return next
    }
}
