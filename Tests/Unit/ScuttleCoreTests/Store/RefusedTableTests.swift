import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Compared with a list that is searched.
@Suite("RefusedTable")
struct RefusedTableTests {
    private struct Naive {
        var dot: Dot
        var isMissing: Bool
        var announcedAt: UInt64
    }

    @Test("Announced exceptions are visited in order, once, whatever was removed meanwhile", arguments: 0..<20)
    func order(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let table = RefusedTable()
        var naive: [Naive] = []
        var version: Version = 0
        for step in 0..<2000 {
            switch random.below(naive.count > 60 ? 6 : 4) {
            case 0, 1:
                version += 1 + UInt64(random.below(3))
                let dot = Dot(source: SourceID(random.below(5)), version: version)
                let (isMissing, isAnnounced) = (random.below(3) == 0, random.below(2) == 0)
                table.insert(
                    dot, reason: isMissing ? 0 : 33, RefusedTable.unknown(dot), isAnnounced: isAnnounced)
                naive.append(Naive(dot: dot, isMissing: isMissing, announcedAt: isAnnounced ? table.lastSequence : 0))
            case 2:
                guard let index = naive.indices.first(where: { naive[$0].announcedAt == 0 }),
                    let position = table.find(naive[index].dot)
                else { break }
                table.announce(at: position)
                naive[index].announcedAt = table.lastSequence
            case 3 where step % 50 == 0:
                let source = SourceID(random.below(5))
                let has = naive.contains { $0.dot.source == source }
                check(table.removeAll(of: source) == has, "step \(step)")
                naive.removeAll { $0.dot.source == source }
            default:
                guard !naive.isEmpty else { break }
                let gone = naive.remove(at: random.below(naive.count))
                table.find(gone.dot).map { table.remove(at: $0) }
            }
            check(table.count == naive.count, "step \(step)")
            let missing = naive.filter(\.isMissing)
            check(table.missingCount == missing.count, "step \(step)")
            check(table.lowestMissing == missing.map(\.dot.version).min(), "step \(step)")
            let after = UInt64(random.below(Int(table.lastSequence) + 1))
            let expected = naive.filter { $0.announcedAt > after }.min { $0.announcedAt < $1.announcedAt }
            check(table.next(after: after)?.dot == expected?.dot, "step \(step)")
        }
        var (announced, sequence): ([Dot], UInt64) = ([], 0)
        while let entry = table.next(after: sequence) {
            announced.append(entry.dot)
            sequence = entry.announcedAt
        }
        check(
            announced == naive.filter { $0.announcedAt > 0 }.sorted { $0.announcedAt < $1.announcedAt }.map(\.dot),
            "seed \(seed)")
    }
}
