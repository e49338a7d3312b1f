import Scuttle

/// The direct path for updates: reads the lines that this library writes, and leaves all others to jansson.
package enum CanonicalUpdate {
    /// The update of a line in the canonical form, borrowed from it; nil: ask jansson, who reads it too or says why not.
    /// O(length), one pass.
    package static func read(_ line: Bytes, _ limits: Limits) -> IncomingUpdate? {
        var scanner = CanonicalScanner(line)
        guard scanner.take(#"{"key":"#), let key = scanner.plainString(), scanner.take(#","value":"#) else {
            return nil
        }
        let valueStart = scanner.offset
        guard CanonicalValue.skip(in: &scanner, deepest: limits.depth) else { return nil }
        let value = scanner.taken(from: valueStart)
        guard value.count <= limits.valueBytes,
            scanner.take(#","source_id":"#), let source = scanner.plainString(),
            scanner.take(#","version":"#), let version = scanner.version(), version > 0,
            let kind = kind(in: &scanner), scanner.take(UInt8(ascii: "}")), scanner.isAtEnd,
            kind == .value || value.equals(Bytes("null"))
        else { return nil }
        return IncomingUpdate(key: key, value: value, source: source, version: version, kind: kind)
    }

    private static func kind(in scanner: inout CanonicalScanner) -> Update.Kind? {
        guard scanner.next == UInt8(ascii: ",") else { return .value }
        guard scanner.take(#","deleted":true"#) else { return nil }
        guard scanner.next == UInt8(ascii: ",") else { return .delete }
        return scanner.take(#","expired":true"#) ? .expiry : nil
    }
}
