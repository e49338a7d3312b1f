extension UnsafeRawBufferPointer {
    /// Whether this is well-formed UTF-8: no surrogates, nothing longer than it must be. O(length).
    public var isUTF8: Bool {
        do {
            _ = try UTF8Span(validating: Span(_unsafeBytes: self))
            return true
        } catch {
            return false
        }
    }

    /// The longest beginning of UTF-8 that is within the limit and does not end in the middle of a character.
    public func prefixOfCharacters(within limit: Int) -> Bytes {
        var end = Swift.min(count, limit)
        // A byte that continues a character is 10xxxxxx.
        while end > 0, end < count, self[end] & 0xc0 == 0x80 { end -= 1 }
        return Bytes(rebasing: self[..<end])
    }

    /// Refuses bytes that are not UTF-8: text from the host goes to peers, who would refuse it there. O(length).
    public func checkUTF8(_ what: StaticString) throws(Failure) {
        guard isUTF8 else { throw Failure(.utf8, "\(what) is not valid UTF-8") }
    }
}
