extension UnsafeRawBufferPointer {
    /// Whether the bytes are well-formed UTF-8, without surrogates and overlong forms. O(length).
    public var isUTF8: Bool {
        do {
            _ = try UTF8Span(validating: Span(_unsafeBytes: self))
            return true
        } catch {
            return false
        }
    }

    /// Returns the longest prefix of at most `limit` bytes that does not end inside a character. The text must be UTF-8.
    public func prefixOfCharacters(within limit: Int) -> Bytes {
        var end = Swift.min(count, limit)
        // A continuation byte is 10xxxxxx.
        while end > 0, end < count, self[end] & 0xc0 == 0x80 { end -= 1 }
        return Bytes(rebasing: self[..<end])
    }

    /// Rejects text of the host that is not UTF-8, because peers would reject it. O(length).
    public func checkUTF8(_ what: StaticString) throws(Failure) {
        guard isUTF8 else { throw Failure(.utf8, "\(what) is not valid UTF-8") }
    }
}
