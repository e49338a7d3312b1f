import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Checking a resolver")
struct ResolverCheckingTests {
    private static let updates = [
        PlainUpdate("k", "2", "a", 1), PlainUpdate("k", "1", "b", 1), PlainUpdate("k", "[1]", "a", 2),
        PlainUpdate(delete: "k", "c", 3), PlainUpdate("k", "1", "d", 4),
    ]

    private func flaw(_ resolver: Resolver, _ updates: [PlainUpdate]) -> ResolverFlaw? {
        lend(updates, []) { resolver.flaw(among: $0) }
    }

    private func lend<Result>(
        _ updates: [PlainUpdate], _ lent: [Update], _ body: ([Update]) -> Result
    ) -> Result {
        guard let first = updates.first else { return body(lent) }
        return first.shown { lend(Array(updates.dropFirst()), lent + [$0], body) }
    }

    @Test("The library's own resolvers keep all laws, among few updates and many", arguments: 0..<10)
    func ours(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var updates = Self.updates
        for number in 5..<12 {
            updates.append(PlainUpdate("k", random.json().compact, random.pick(["a", "b"]), Version(number)))
        }
        for resolver in [Resolver.lastWriter, .orderedValues(compare: ValueOrder.compare)] {
            check(flaw(resolver, updates) == nil)
            check(flaw(resolver, Array(updates.prefix(1))) == nil)
            check(flaw(resolver, []) == nil)
        }
    }

    @Test("First come, first served is not commutative")
    func order() throws {
        let found = try #require(flaw(.host { _, current in current == nil }, Self.updates))
        #expect(found.kind == .notCommutative)
        #expect(found.updates == [0, 1])
    }

    @Test("The latest to arrive is not idempotent: a repeated update stands again")
    func repetition() throws {
        let found = try #require(flaw(.host { _, _ in true }, Self.updates))
        #expect(found.kind == .notIdempotent)
        #expect(found.updates == [0, 1])
    }

    @Test("A circle of three, each of which beats the next, is not associative")
    func grouping() throws {
        let hands = ["\"rock\"", "\"paper\"", "\"scissors\""]
        let game = Resolver.host { update, current in
            guard let current else { return true }
            let (mine, other) = (hands.firstIndex(of: update.value.text), hands.firstIndex(of: current.value.text))
            guard let mine, let other, mine != other else { return current.precedes(update) }
            return mine == (other + 1) % 3
        }
        let updates = hands.enumerated().map { PlainUpdate("k", $0.element, "a", Version($0.offset + 1)) }
        let found = try #require(flaw(game, updates))
        #expect(found.kind == .notAssociative)
        #expect(found.updates.sorted() == [0, 1, 2])
        #expect(flaw(game, Array(updates.prefix(2))) == nil)
    }

    @Test("Every total order of four updates keeps all laws, and no order with two swapped does")
    func orders() {
        let updates = Array(Self.updates.prefix(4))
        withEveryOrder(of: Array(0..<4)) { ranks in
            func rank(_ update: Update) -> Int {
                ranks[updates.firstIndex { $0.version == update.version && $0.source == [UInt8](update.source) } ?? 0]
            }
            let fair = Resolver.host { update, current in current.map { rank(update) > rank($0) } ?? true }
            check(flaw(fair, updates) == nil, "\(ranks)")
            // The greatest and the least beat each other: the one that is there first stays.
            let unfair = Resolver.host { update, current in
                guard let current else { return true }
                if rank(update) + rank(current) == 3, rank(update) * rank(current) == 0 { return false }
                return rank(update) > rank(current)
            }
            check(flaw(unfair, updates)?.kind == .notCommutative, "\(ranks)")
        }
    }
}
