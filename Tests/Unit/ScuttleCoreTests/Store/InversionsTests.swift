import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Inversions")
struct InversionsTests {
    @Test("As a table of dots by key, under random changes", arguments: 0..<20)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var inversions = Inversions()
        var model: [KeyID: Dot] = [:]
        for _ in 0..<2000 {
            let key = KeyID(random.below(random.oneIn(2) ? 8 : 200))
            if random.oneIn(2) {
                let dot = Dot(source: SourceID(random.below(3)), version: Version(random.below(9)))
                inversions.note(key, dot)
                model[key] = dot
            } else {
                inversions.remove(key)
                model[key] = nil
            }
            check(inversions.isEmpty == model.isEmpty, "empty")
            let last = inversions.last
            check(last.map { model[$0] != nil } ?? model.isEmpty, "the last one is one of them")
            for other in [key, 0, 7, 199] as [KeyID] { check(inversions[other] == model[other], "key \(other)") }
        }
        for (key, dot) in model { check(inversions[key] == dot, "key \(key)") }
        while let key = inversions.last {
            check(model.removeValue(forKey: key) != nil, "key \(key) twice")
            inversions.remove(key)
        }
        #expect(model.isEmpty)
    }

    /// Returns a replica after some updates of one key.
    private func replica(_ updates: [PlainUpdate], _ adjust: (inout Configuration) -> Void = { _ in }) throws -> Replica
    {
        let replica = try Replica.make("own", adjust)
        for update in updates { try replica.receive(update) }
        return replica
    }

    private static let older = PlainUpdate("k", "1", "c", 3)
    private static let winner = PlainUpdate("k", "2", "d", 4)

    @Test("An entry that has beaten a newer dot is noted, in either order of arrival, and no other is")
    func noted() throws {
        let (older, winner) = (Self.older, Self.winner)
        for (updates, isInverted) in [
            ([winner, older.republished("b", 9)], true), ([older.republished("b", 9), winner], true),
            ([older, winner], false), ([winner, older], false), ([winner.republished("b", 9), older], false),
            ([older, winner.republished("b", 9)], false),
            ([winner.republished("b", 8), older.republished("b", 9)], true),
            ([winner.republished("b", 9), older.republished("b", 8)], false),
            // A copy under a newer dot resolves it, and so does a later write.
            ([winner, older.republished("b", 8), winner.republished("b", 9)], false),
            ([winner, older.republished("b", 9), winner.republished("e", 5)], true),
            ([winner, older.republished("b", 9), PlainUpdate("k", "3", "d", 10)], false),
            ([winner, older.republished("b", 9), PlainUpdate("k", "3", "e", 5)], true),
        ] {
            let replica = try replica(updates)
            check(replica.inversions.isEmpty != isInverted, "\(updates)")
            let standing = try #require(replica.entry("k"))
            replica.republishInverted()
            check(replica.inversions.isEmpty, "\(updates): still inverted")
            let entry = try #require(replica.entry("k"))
            check(entry.write == standing.write, "\(updates): \(entry)")
            check((entry != standing) == isInverted, "\(updates): \(entry)")
            if isInverted { check(entry.source.text == "own" && entry.version > 9, "\(updates): \(entry)") }
            check(replica.broken == nil, "\(updates): \(replica.broken ?? "")")
        }
    }

    @Test(
        "An inverted entry is republished before any message, save or purge that relies on its dot; no callback is called"
    )
    func republished() throws {
        let updates = [Self.winner, Self.older.republished("b", 9)]
        for act in 0..<4 {
            let told = Collected<PlainUpdate>()
            let replica = try replica(updates) { $0.onUpdate = { told.all.append(PlainUpdate($0)) } }
            switch act {
            case 0: _ = replica.exported()
            case 1: _ = try replica.purge()
            case 2:
                let peer = HandPeer(try LinkEnd(replica))
                peer.say(HandPeer.vector("", nonce: 7))
            default:
                let peer = HandPeer(try LinkEnd(replica))
                peer.say(HandPeer.vector("", nonce: 7, contents: true))
            }
            check(replica.inversions.isEmpty, "act \(act)")
            check(replica.entry("k")?.written != nil, "act \(act)")
            check(told.all == [Self.winner], "act \(act): \(told.all)")
        }
    }

    @Test("A removed key removes its inversion")
    func removed() throws {
        let replica = try replica([PlainUpdate(delete: "k", "d", 4), Self.older.republished("b", 9)])
        check(!replica.inversions.isEmpty)
        #expect(try replica.purge() == 1)
        check(replica.inversions.isEmpty)
        #expect(replica.entry("k") == nil)
        #expect(replica.broken == nil)
    }

    @Test("With other resolvers than the last writer's there are none")
    func otherResolvers() throws {
        let replica = try replica([Self.winner, Self.older.republished("b", 9)]) {
            $0.resolver = .host { update, current in current?.precedes(update) ?? true }
        }
        check(replica.inversions.isEmpty)
    }

    @Test(
        "A replica that has lost the winner to a purged tombstone receives it again (scenario of rule 9)",
        arguments: [false, true])
    func scenario(isOff: Bool) throws {
        // c has deleted k, which a had written before, and has purged the tombstone; b holds a later write that the delete has
        // not beaten.
        let mesh = try Mesh("a b") {
            $0.keepsTombstones = true
            #if DEBUG
                $0.disabledRules = isOff ? [.inversion, .content] : .content
            #endif
        }
        // At a the winner is covered, and gone; the update that it has beaten arrives under a newer dot.
        for name in ["a", "b"] { try mesh[name].receive(Self.winner) }
        let id = try #require("k".lend { mesh["a"].keys.find($0) })
        let record = try #require(mesh["a"].keys[id])
        mesh["a"].remove(id, record)
        for name in ["a", "b"] { try mesh[name].receive(Self.older.republished("c", 9)) }
        #expect(mesh["a"].entry("k")?.write == Self.older)
        try mesh.settle()
        let isMended = try mesh["a"].value("k") == "2"
        #if DEBUG
            #expect(isMended == !isOff)
        #endif
    }
}
