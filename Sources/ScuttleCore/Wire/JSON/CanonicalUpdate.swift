/// The fast path for updates: reads the lines that this library writes, and leaves all others to the judge.
package enum CanonicalUpdate {
    /// Returns the update of a canonical line, borrowed from it; nil: the judge decides. O(length), one pass.
    @_optimize(speed)
    package static func read(_ line: Bytes, _ limits: Limits) -> IncomingUpdate? {
        var scanner = CanonicalScanner(line)
        guard let update = update(in: &scanner, limits), scanner.isAtEnd else { return nil }
        return update
    }

    /// Removes the canonical line at the front of a text, with its newline, and returns its update; nil if the line is not
    /// canonical, or its end is missing. The form contains no newline, so no byte behind the line is read. Inlined, because a
    /// returned update would be stored in words and loaded in pairs, which stalls the processor. O(length of the line).
    @inline(__always)
    package static func readFirst(of text: inout Bytes, _ limits: Limits) -> IncomingUpdate? {
        var scanner = CanonicalScanner(text)
        guard let update = update(in: &scanner, limits), scanner.offset <= limits.messageBytes,
            scanner.consume(UInt8(ascii: "\n"))
        else { return nil }
        text = Bytes(rebasing: text[scanner.offset...])
        return update
    }

    @inline(__always)
    private static func update(in scanner: inout CanonicalScanner, _ limits: Limits) -> IncomingUpdate? {
        guard scanner.consume(#"{"key":"#), let key = scanner.plainString(), scanner.consume(#","value":"#) else {
            return nil
        }
        var tail = Tail()
        let valueStart = scanner.offset
        guard CanonicalValue.skip(in: &scanner, maxDepth: limits.depth) else { return nil }
        let value = scanner.slice(from: valueStart)
        guard value.count <= limits.valueBytes,
            scanner.consume(#","source_id":"#), let source = scanner.plainString(),
            scanner.consume(#","version":"#), let version = scanner.version(), version > 0,
            // Most updates end here: a value that was not republished and has no time to live.
            scanner.consume(UInt8(ascii: "}")) || read(&tail, in: &scanner),
            tail.kind == .value || value.equals(Bytes("null"))
        else { return nil }
        return IncomingUpdate(
            key: key, value: value, source: source, version: version, kind: tail.kind, written: tail.written,
            timeToLive: tail.timeToLive, age: tail.age)
    }

    /// What few updates have behind their version.
    private struct Tail {
        var written: IncomingUpdate.Written?
        var timeToLive = UInt64.max
        var age: UInt64 = 0
        var kind = Update.Kind.value
    }

    /// Reads `,"written":["A",3]`, `,"ttl":30000,"age":500` and the flags of a delete, as far as they are there, and the end;
    /// false if the text is not canonical.
    @inline(never)
    @_optimize(speed)
    private static func read(_ tail: inout Tail, in scanner: inout CanonicalScanner) -> Bool {
        if scanner.consume(#","written":["#) {
            guard let source = scanner.plainString(), scanner.consume(UInt8(ascii: ",")),
                let version = scanner.version(), version > 0, scanner.consume(UInt8(ascii: "]"))
            else { return false }
            tail.written = (source, version)
        }
        if scanner.consume(#","ttl":"#) {
            guard let time = scanner.version() else { return false }
            tail.timeToLive = time
            if scanner.consume(#","age":"#) {
                guard let time = scanner.version() else { return false }
                tail.age = time
            }
        }
        guard let kind = kind(in: &scanner) else { return false }
        tail.kind = kind
        return scanner.consume(UInt8(ascii: "}"))
    }

    @_optimize(speed)
    private static func kind(in scanner: inout CanonicalScanner) -> Update.Kind? {
        guard scanner.next == UInt8(ascii: ",") else { return .value }
        guard scanner.consume(#","deleted":true"#) else { return nil }
        guard scanner.next == UInt8(ascii: ",") else { return .delete }
        return scanner.consume(#","expired":true"#) ? .expiry : nil
    }
}
