extension UnsafeRawBufferPointer {
    /// Refuses bytes that are not UTF-8: text from the host goes to peers, who would refuse it there. O(length).
    public func checkUTF8(_ what: StaticString) throws(Failure) {
        do {
            _ = try UTF8Span(validating: Span(_unsafeBytes: self))
        } catch {
            throw Failure(.utf8, "\(what) is not valid UTF-8")
        }
    }
}
