import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Resolver")
struct ResolverTests {
    enum Kind: CaseIterable {
        case lastWriter, orderedValues, host

        var resolver: Resolver {
            switch self {
            case .lastWriter: .lastWriter
            case .orderedValues: .orderedValues(compare: ValueOrder.compare)
            case .host:
                .host { update, current in
                    guard let current else { return true }
                    return update.precedes(current)
                }
            }
        }
    }

    /// Updates of one key that differ in one field, by little in each, or far; no two are the same.
    private static let pool: [PlainUpdate] = {
        var pool: [PlainUpdate] = []
        for value in ["null", "1", "1.0", "2", "\"a\"", "[1]", "{\"a\":1}"] {
            for source in ["a", "b", "ab", "\u{e9}"] {
                for version: Version in [1, 2, .highest] { pool.append(PlainUpdate("k", value, source, version)) }
            }
        }
        pool += [PlainUpdate(delete: "k", "a", 3), PlainUpdate(delete: "k", "b", 2)]
        // One (source, version) identifies one update.
        var seen: Set<String> = []
        return pool.filter { update in seen.insert("\(update.source) \(update.version) \(update.value)").inserted }
    }()

    private func prefers(_ resolver: Resolver, _ a: PlainUpdate, _ b: PlainUpdate) -> Bool {
        a.shown { a in b.shown { b in resolver.prefers(a, to: b) } }
    }

    @Test("A new key accepts any update", arguments: [Kind.lastWriter, .orderedValues])
    func newKey(kind: Kind) {
        for update in Self.pool {
            check(update.shown { kind.resolver.prefers($0, to: nil) }, "\(update)")
        }
    }

    @Test("A total order of updates: of two, one is preferred, and never in a ring", arguments: Kind.allCases)
    func total(kind: Kind) {
        let resolver = kind.resolver
        let pool = Self.pool
        let beats = pool.map { a in pool.map { b in prefers(resolver, a, b) } }
        for a in pool.indices {
            for b in pool.indices {
                let (mine, other) = (pool[a], pool[b])
                // Two updates with one source and version cannot both exist, so nothing need decide between them.
                let isSame = mine.source == other.source && mine.version == other.version
                check(isSame || beats[a][b] != beats[b][a], "\(mine) and \(other)")
                check(!beats[a][a], "\(mine) is preferred to itself")
                for c in pool.indices where beats[a][b] && beats[b][c] {
                    check(beats[a][c], "\(mine), \(other), \(pool[c]) form a ring")
                }
            }
        }
    }

    @Test("Last writer wins by version, then by the bytes of the source id")
    func lastWriter() {
        for a in Self.pool {
            for b in Self.pool {
                check(prefers(.lastWriter, a, b) == b.isOlder(than: a), "\(a) and \(b)")
            }
        }
    }

    @Test("Ordered values compare by the value; the newer of equal ones stands")
    func orderedValues() {
        let ranks = ["null": 0, "1": 1, "1.0": 1, "2": 2, "\"a\"": 3, "[1]": 4, "{\"a\":1}": 5]
        for a in Self.pool {
            for b in Self.pool {
                guard let mine = ranks[a.value.text], let other = ranks[b.value.text] else {
                    return check(false, "a rank")
                }
                let expected = mine == other ? b.isOlder(than: a) : mine > other
                check(prefers(Kind.orderedValues.resolver, a, b) == expected, "\(a) and \(b)")
            }
        }
    }

    @Test("The same update stands in any order of arrival", arguments: Kind.allCases, 0..<6)
    func orders(kind: Kind, seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        // Each from a source of its own, because a link keeps the order of each source.
        let updates = (0..<5).map { number in
            var update = random.pick(Self.pool)
            update.source = [UInt8](["a", "b", "ab", "\u{e9}", "\u{10000}"][number])
            return update
        }
        var winners: Set<PlainUpdate> = []
        try withEveryOrder(of: updates) { updates in
            let replica = try Replica.make {
                $0.resolver = kind.resolver
                $0.limits.versionJump = .max
            }
            for update in updates { try replica.receive(update) }
            if let winner = replica.entry("k") { winners.insert(winner) }
            check(replica.broken == nil, "\(String(describing: replica.broken))")
        }
        check(winners.count == 1, "\(updates) gave \(winners)")
        // The winner is the update that all others lose to.
        for winner in winners {
            for update in updates where update != winner {
                check(prefers(kind.resolver, winner, update), "\(winner) stands before \(update)")
            }
        }
    }
}
