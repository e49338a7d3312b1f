import ScuttleCore

/// Checks JSON values, by jansson if the fast path does not accept them, and removes insignificant white space. Numbers keep
/// their spelling, strings their escapes, objects the order of their members.
public struct ValueText: ~Copyable {
    private var compacted = ByteBuffer()

    public init() {}

    /// Checks a host's value and returns it without insignificant white space; borrowed from `text` or from this buffer.
    /// - Throws: `.valueSize`, `.depth`, `.bytes`, and jansson's errors: `.json`, `.duplicate`, `.number`, `.utf8`, `.nul`,
    ///   `.memory`.
    @_optimize(speed)
    public mutating func check(_ text: Bytes, _ limits: Limits) throws(Failure) -> Bytes {
        try Self.check(size: text.count, limits)
        guard !CanonicalValue.accepts(text, maxDepth: limits.depth) else { return text }
        return try checkByJansson(text, limits)
    }

    /// Checks a text of any form within the limit of size, without the fast path. Tests compare both.
    package mutating func checkByJansson(_ text: Bytes, _ limits: Limits) throws(Failure) -> Bytes {
        let shape = JSONShape(of: text)
        try shape.check(maxDepth: limits.depth, within: limits.bytes)
        _ = try JSONDocument(parsing: text)
        return shape.hasWhiteSpace ? try compact(text) : text
    }

    /// Frees the memory of the last text.
    mutating func clear() {
        compacted.clear()
    }

    @_optimize(speed)
    static func check(size: Int, _ limits: Limits) throws(Failure) {
        guard size <= limits.valueBytes else {
            throw Failure(.valueSize, "the value is \(size) bytes long; max_value_bytes is \(limits.valueBytes)")
        }
    }

    /// Returns valid JSON without white space outside of strings; borrowed until the next call.
    /// - Throws: `.memory`.
    mutating func compact(_ text: Bytes) throws(Failure) -> Bytes {
        compacted.clear()
        guard compacted.hasMemory(for: text.count) else { throw Failure.outOfMemory }
        let output = compacted.reserve(text.count)
        var written = 0
        var scanner = JSONScanner(text)
        var start = 0
        while let byte = scanner.nextOutsideStrings() {
            let token = Bytes(rebasing: text[start..<scanner.offset])
            start = scanner.offset
            guard !byte.isJSONWhiteSpace, let from = token.baseAddress else { continue }
            (output + written).copyMemory(from: from, byteCount: token.count)
            written += token.count
        }
        compacted.advance(written)
        return compacted.bytes
    }
}
