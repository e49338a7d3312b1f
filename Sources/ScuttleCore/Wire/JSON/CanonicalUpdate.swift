/// The fast path for updates: reads the lines that this library writes, and leaves all others to the judge.
package enum CanonicalUpdate {
    /// The update of a line in the canonical form, borrowed from it; nil: ask the judge, which reads it too or says why not.
    /// O(length), one pass.
    @_optimize(speed)
    package static func read(_ line: Bytes, _ limits: Limits) -> IncomingUpdate? {
        var scanner = CanonicalScanner(line)
        guard let update = update(in: &scanner, limits), scanner.isAtEnd else { return nil }
        return update
    }

    /// The same of the line at the front of a text, which is taken off it, with its newline; nil: look for its end first.
    /// Nothing in this form steps over a newline, so that no more than the line is looked at. Inlined, since the update would
    /// be written to memory in words and read from there in pairs, which a processor waits for. O(length of line).
    @inline(__always)
    package static func take(from text: inout Bytes, _ limits: Limits) -> IncomingUpdate? {
        var scanner = CanonicalScanner(text)
        guard let update = update(in: &scanner, limits), scanner.offset <= limits.messageBytes,
            scanner.take(UInt8(ascii: "\n"))
        else { return nil }
        text = Bytes(rebasing: text[scanner.offset...])
        return update
    }

    @inline(__always)
    private static func update(in scanner: inout CanonicalScanner, _ limits: Limits) -> IncomingUpdate? {
        guard scanner.take(#"{"key":"#), let key = scanner.plainString(), scanner.take(#","value":"#) else {
            return nil
        }
        var tail = Tail()
        let valueStart = scanner.offset
        guard CanonicalValue.skip(in: &scanner, deepest: limits.depth) else { return nil }
        let value = scanner.taken(from: valueStart)
        guard value.count <= limits.valueBytes,
            scanner.take(#","source_id":"#), let source = scanner.plainString(),
            scanner.take(#","version":"#), let version = scanner.version(), version > 0,
            // Most end here: no delete, not republished, and for ever.
            scanner.take(UInt8(ascii: "}")) || read(&tail, in: &scanner),
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

    /// `,"written":["A",3]`, `,"ttl":30000,"age":500` and the marks of a delete, what there is of them, and the end; false if it is
    /// odd.
    @inline(never)
    @_optimize(speed)
    private static func read(_ tail: inout Tail, in scanner: inout CanonicalScanner) -> Bool {
        if scanner.take(#","written":["#) {
            guard let source = scanner.plainString(), scanner.take(UInt8(ascii: ",")),
                let version = scanner.version(), version > 0, scanner.take(UInt8(ascii: "]"))
            else { return false }
            tail.written = (source, version)
        }
        if scanner.take(#","ttl":"#) {
            guard let time = scanner.version() else { return false }
            tail.timeToLive = time
            if scanner.take(#","age":"#) {
                guard let time = scanner.version() else { return false }
                tail.age = time
            }
        }
        guard let kind = kind(in: &scanner) else { return false }
        tail.kind = kind
        return scanner.take(UInt8(ascii: "}"))
    }

    @_optimize(speed)
    private static func kind(in scanner: inout CanonicalScanner) -> Update.Kind? {
        guard scanner.next == UInt8(ascii: ",") else { return .value }
        guard scanner.take(#","deleted":true"#) else { return nil }
        guard scanner.next == UInt8(ascii: ",") else { return .delete }
        return scanner.take(#","expired":true"#) ? .expiry : nil
    }
}
