/// The fast path for covers, which follow every batch of updates: reads those that this library writes.
package enum CanonicalCover {
    /// The limit of sources. Longer covers are left to the judge, whose hash table finds a duplicate sooner than pairwise
    /// comparison.
    private static var maxSources: Int { 16 }

    /// Returns the cover of a canonical line, borrowed from it; nil: the judge decides.
    @_optimize(speed)
    package static func read(_ line: Bytes) -> Cover? {
        var scanner = CanonicalScanner(line)
        guard scanner.consume(#"{"digest":true,"#), scanner.consume(#""cover":{"#) else { return nil }
        var claims: [SourceClaim] = []
        while scanner.next != UInt8(ascii: "}") {
            guard let claim = claim(in: &scanner) else { return nil }
            guard claims.count < maxSources, !claims.contains(where: { $0.source.equals(claim.source) }) else {
                return nil
            }
            claims.append(claim)
            guard scanner.next == UInt8(ascii: ",") else { break }
            _ = scanner.consume(UInt8(ascii: ","))
            guard scanner.next == UInt8(ascii: "\"") else { return nil }
        }
        guard scanner.consume(#"},"lines":["#), let count = scanner.version(), scanner.consume(UInt8(ascii: ",")),
            let hash = hash(in: &scanner), scanner.consume(UInt8(ascii: "]")), scanner.consume(UInt8(ascii: "}")),
            scanner.isAtEnd
        else { return nil }
        return Cover(claims: claims, check: LineCheck(count: count, hash: hash))
    }

    /// Reads `"a1b2c3d4"`.
    @_optimize(speed)
    private static func hash(in scanner: inout CanonicalScanner) -> UInt32? {
        guard scanner.consume(UInt8(ascii: "\"")), let hash = scanner.hexadecimal(digits: 8) else { return nil }
        return scanner.consume(UInt8(ascii: "\"")) ? UInt32(truncatingIfNeeded: hash) : nil
    }

    /// Reads `"A":[2,12]` or `"A":[2,12,7]`.
    @_optimize(speed)
    private static func claim(in scanner: inout CanonicalScanner) -> SourceClaim? {
        guard let source = scanner.plainString(), scanner.consume(UInt8(ascii: ":")),
            scanner.consume(UInt8(ascii: "[")),
            let since = scanner.version(), scanner.consume(UInt8(ascii: ",")), let covered = scanner.version()
        else { return nil }
        var leftOut: Version = 0
        if scanner.consume(UInt8(ascii: ",")) {
            guard let version = scanner.version() else { return nil }
            leftOut = version
        }
        guard scanner.consume(UInt8(ascii: "]")), since <= covered, leftOut <= covered else { return nil }
        return SourceClaim(source: source, since: since, covered: covered, leftOut: leftOut)
    }
}
