import Testing

@testable import Scuttle

@Suite("PackedClaims")
struct PackedClaimsTests {
    @Test("Claims are what a dictionary of them would be", arguments: 0..<20)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var claims = PackedClaims()
        var expected: [SourceID: (covered: Version, purged: Version)] = [:]
        for _ in 0..<300 {
            let source = SourceID(random.below(40))
            let (covered, purged) = (Version(random.below(9)), Version(random.below(9)))
            if random.oneIn(4) {
                claims.forget(source)
                expected[source] = nil
            } else {
                claims.note(source, covered: covered, purged: purged)
                let before = expected[source] ?? (0, 0)
                expected[source] = (max(before.covered, covered), max(before.purged, purged))
            }
            check(claims.covered(source) == expected[source]?.covered ?? 0, "seed \(seed)")
        }
        check(claims.count == expected.count, "seed \(seed)")
        var last: SourceID?
        claims.forEach { source, covered, purged in
            check(last.map { $0 < source } ?? true, "seed \(seed): \(source) out of order")
            check(expected[source].map { $0 == (covered, purged) } ?? false, "seed \(seed): \(source)")
            last = source
        }
    }
}
