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

    /// Refuses bytes that are not UTF-8: text from the host goes to peers, who would refuse it there. O(length).
    public func checkUTF8(_ what: StaticString) throws(Failure) {
        guard isUTF8 else { throw Failure(.utf8, "\(what) is not valid UTF-8") }
    }
}
