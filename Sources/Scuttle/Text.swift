internal import CScuttle

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

/// Many texts in one block of memory, to lend all of them at a time.
struct PackedTexts {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init() {}

    init(_ texts: [String]) {
        ends.reserveCapacity(texts.count)
        for text in texts { append(text.utf8) }
    }

    mutating func append(_ text: some Sequence<UInt8>) {
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
    }

    /// Lends the texts, none of them at NULL.
    func withViews<Result>(_ body: ([(start: UnsafePointer<CChar>, count: Int)]) -> Result) -> Result {
        withText(bytes) { start, _ in
            var begin = 0
            return body(
                ends.map { end in
                    defer { begin = end }
                    return (start + begin, end - begin)
                })
        }
    }
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

/// Times to live of the C interface.
enum Lease {
    /// Returns a time to live in milliseconds, with the flag of a renewal; nil: none.
    static func milliseconds(_ timeToLive: Duration?, renews: Bool) throws(ScuttleError) -> UInt64? {
        guard let timeToLive else {
            guard !renews else { throw ScuttleError(.argument, "renews needs a timeToLive") }
            return nil
        }
        guard let time = timeToLive.wholeMilliseconds else {
            throw ScuttleError(.argument, "timeToLive is \(timeToLive); it must be at least 0")
        }
        // So long a time means none, whatever its bits above are.
        let longest: UInt64 = 1 << 62
        return min(time, longest) | (renews ? renewal : 0)
    }

    /// `SCUTTLE_TTL_RENEW`, a macro that Swift does not import.
    static let renewal: UInt64 = 1 << 63
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
