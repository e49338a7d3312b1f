import Scuttle

/// The direct path for covers, which come with every batch of updates: reads those that this library writes.
package enum CanonicalCover {
    /// More sources than this are left to jansson, which finds a name that comes twice faster than by comparing all.
    private static var most: Int { 16 }

    /// The intervals of a line in the canonical form, borrowed from it; nil: ask jansson, who reads it too or says why not.
    package static func read(_ line: Bytes) -> [CoveredInterval]? {
        var scanner = CanonicalScanner(line)
        guard scanner.take(#"{"digest":true,"#), scanner.take(#""cover":{"#) else { return nil }
        var intervals: [CoveredInterval] = []
        while let interval = interval(in: &scanner) {
            guard intervals.count < most, !intervals.contains(where: { $0.source.equals(interval.source) }) else {
                return nil
            }
            intervals.append(interval)
            if scanner.take(UInt8(ascii: ",")) { continue }
            guard scanner.take(UInt8(ascii: "}")), scanner.take(UInt8(ascii: "}")), scanner.isAtEnd else { return nil }
            return intervals
        }
        return nil
    }

    /// `"A":[2,12]`, or `"A":[2,12,7]`.
    private static func interval(in scanner: inout CanonicalScanner) -> CoveredInterval? {
        guard let source = scanner.plainString(), scanner.take(UInt8(ascii: ":")), scanner.take(UInt8(ascii: "[")),
            let since = scanner.version(), scanner.take(UInt8(ascii: ",")), let until = scanner.version()
        else { return nil }
        var leftOut: Version = 0
        if scanner.take(UInt8(ascii: ",")) {
            guard let version = scanner.version() else { return nil }
            leftOut = version
        }
        guard scanner.take(UInt8(ascii: "]")), since <= until, leftOut <= until else { return nil }
        return CoveredInterval(source: source, since: since, until: until, leftOut: leftOut)
    }
}
