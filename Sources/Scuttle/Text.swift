// Converts text to the C interface and back. Each text has a length, so no byte ends it.

/// Lends the UTF-8 of a string, never at NULL, because an empty key has an error of its own.
func withText<Result>(_ text: String, _ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
    var text = text
    return text.withUTF8 { lend($0, body) }
}

/// Lends bytes, never at NULL.
func withText<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { lend($0, body) }
}

private func lend<Result>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafePointer<CChar>, Int) -> Result
) -> Result {
    let start = bytes.baseAddress ?? ("" as StaticString).utf8Start
    return body(UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), bytes.count)
}

extension String {
    /// Copies borrowed text.
    init(borrowed start: UnsafePointer<CChar>?, _ count: Int) {
        self.init(decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self)
    }
}

extension JSONText {
    /// Copies borrowed text.
    init(borrowed start: UnsafePointer<CChar>?, _ count: Int) {
        self.init([UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)))
    }
}

extension Duration {
    /// The duration in milliseconds, rounded up; `UInt64.max` if it is longer. Nil if it is negative.
    var wholeMilliseconds: UInt64? {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return nil }
        let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000)
        let rest = UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        let (sum, isOver) = whole.addingReportingOverflow(rest)
        return isTooLong || isOver ? .max : sum
    }
}
