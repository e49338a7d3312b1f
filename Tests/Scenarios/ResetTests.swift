import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Peers that have missed a delete whose tombstone was purged since.
@Suite("Scenario: resets")
struct ResetScenarioTests {
    /// chitchat#110: during the reset of a node, a third node that had not received the delete sent it the key again, and the
    /// reset then vouched for the key.
    @Test(
        "A third replica does not revive a deleted key in the middle of a reset (chitchat#110)",
        arguments: [false, true], 0..<12)
    func thirdReplica(thirdIsFirst: Bool, index: Int) throws {
        let mesh = try Mesh("a b old") { ($0.mtu, $0.maxHistory) = (1, 3) }
        try mesh["a"].set("gone", "1")
        for number in 0..<5 { try mesh["a"].set("k\(number)", "1") }
        for name in ["b", "old"] { try mesh.meet("a", name) }
        try mesh["a"].delete("gone")
        #expect(try mesh["a"].purge() == 1)
        try mesh["a"].set("k0", "2")

        // During its reset, b receives updates of the replica that still has the key.
        let reset = try mesh.pair("a", "b")
        reset.b.link.gossip()
        let lines = answer(of: reset.a, to: reset.b)
        #expect(lines.contains { $0.text.contains("reset") })
        reset.b.write(lines.prefix(index).flatMap { $0 })
        if thirdIsFirst { try mesh["old"].set("of the old one", "1") }
        try mesh.meet("b", "old")
        reset.b.write(lines.dropFirst(index).flatMap { $0 })
        #expect(talk(reset.a, reset.b) == nil)
        reset.close()

        try mesh.settle()
        mesh.expectAgreement()
        for name in ["a", "b", "old"] { #expect(try mesh[name].value("gone") == nil, "revived at \(name)") }
        if thirdIsFirst { #expect(try mesh["a"].value("of the old one") == "1") }
    }

    /// chitchat#138: two nodes reset each other again and again, because a reset itself made the other node seem too old.
    @Test("After one reset there is no other, whichever replica requests (chitchat#138)", arguments: Link.Options.ways)
    func endless(options: Link.Options) throws {
        let mesh = try Mesh("a b", over: options)
        for number in 0..<10 { try mesh["a"].set("k\(number)", "1") }
        try mesh["b"].set("of b", "1")
        try mesh.meet("a", "b")
        // Both purge a tombstone that the other has not seen.
        for name in ["a", "b"] {
            try mesh[name].delete("k1")
            try mesh[name].set("of " + name, "2")
            #expect(try mesh[name].purge() == 1)
        }
        let pair = try mesh.pair("a", "b")
        for _ in 0..<4 {
            pair.gossip()
            #expect(mesh.carry(pair).isQuiet)
        }
        mesh.expectAgreement()
        let epochs = ["a", "b"].map { mesh[$0].epoch }
        for _ in 0..<10 {
            pair.gossip()
            let bytes = pair.a.readDatagrams(capacity: 1200).datagrams
            let other = pair.b.readDatagrams(capacity: 1200).datagrams
            for text in bytes { pair.b.write(text) }
            for text in other { pair.a.write(text) }
            #expect((bytes + other).allSatisfy { !$0.text.contains("reset") })
            #expect(mesh.carry(pair).isQuiet)
        }
        #expect(["a", "b"].map { mesh[$0].epoch } == epochs, "nothing was purged, and epochs still rise")
    }

    @Test("Purging while a peer is being reset does not make the reset endless (chitchat#138)", arguments: 0..<10)
    func purgedMeanwhile(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let mesh = try Mesh("a b") { $0.mtu = random.within(1...4) }
        for number in 0..<30 { try mesh["a"].set("k\(number)", "1") }
        try mesh.meet("a", "b")
        try mesh["a"].delete("k0")
        _ = try mesh["a"].purge()
        let pair = try mesh.pair("a", "b")
        pair.gossip()
        for round in 1...200 {
            pair.b.write(pair.a.read(upTo: 300))
            pair.a.write(pair.b.read(upTo: 300))
            if round % 10 == 0, round < 100 {
                try mesh["a"].delete("k\(round / 10)")
                _ = try mesh["a"].purge()
            }
        }
        pair.gossip()
        #expect(talk(pair.a, pair.b) == nil)
        try mesh.meet("a", "b")
        mesh.expectAgreement()
        #expect(mesh["b"].count == 20)
    }

    /// riak_kv#1094: a tombstone was removed while a newer write of the same key was on its way. A handoff brought the delete
    /// back, which removed the new value.
    @Test(
        "A late tombstone does not delete a key that was created again (riak_kv#1094)",
        arguments: [false, true], [false, true])
    func createdAgain(isPurged: Bool, createdByOther: Bool) throws {
        let mesh = try Mesh("a b late")
        try mesh["a"].set("k", "1")
        for name in ["b", "late"] { try mesh.meet("a", name) }
        try mesh["a"].delete("k")
        // The late replica has the tombstone, and is away for a while.
        try mesh.meet("a", "late")
        let tombstone = try #require(mesh["a"].entry("k"))
        try mesh.meet("a", "b")
        if isPurged { for name in ["a", "b"] { _ = try mesh[name].purge() } }
        try mesh[createdByOther ? "b" : "a"].set("k", "2")
        try mesh.meet("a", "b")
        // It returns, and its tombstone spreads over every link.
        try mesh.meet("b", "late")
        for name in ["a", "b"] { try mesh[name].receive(tombstone) }
        try mesh.settle()
        mesh.expectAgreement()
        for name in ["a", "b", "late"] { #expect(try mesh[name].value("k") == "2", "at \(name)") }
    }

    /// corrosion#533: a node returned from an old backup, and its peers had purged since. It sent them deleted keys again, or
    /// reused versions that it had issued before.
    @Test(
        "An old backup meets peers that have purged: no key comes back, no dot is issued twice (corrosion#533)",
        arguments: [false, true])
    func oldBackup(isGone: Bool) throws {
        let mesh = try Mesh("a b")
        for number in 0..<6 { try mesh["b"].set("k\(number)", "1") }
        try mesh["a"].set("of a", "1")
        try mesh.meet("a", "b")
        let backup = mesh["b"].exported()

        // The others go on without it.
        for number in 0..<3 { try mesh["a"].delete("k\(number)") }
        try mesh["a"].set("k5", "2")
        try mesh["b"].set("of b", "1")
        try mesh.meet("a", "b")
        for name in ["a", "b"] { _ = try mesh[name].purge() }
        #expect(mesh["a"].keys.tombstoneCount == 0)
        let expected = mesh["a"].walk()

        // The backup is of b, which may be gone, and starts under another id.
        let gone: Set = isGone ? ["b"] : []
        let restored = try mesh.add("restored")
        #expect(try restored.load(backup))
        try mesh.meet("restored", "a")
        try mesh.settle(without: gone)
        mesh.expectAgreement(without: gone)
        #expect(mesh["a"].walk() == expected)
        for number in 0..<3 { #expect(try restored.value("k\(number)") == nil) }
        try restored.set("fresh", "1")
        try mesh.settle(without: gone)
        mesh.expectAgreement(without: gone)
        #expect(try mesh["a"].value("fresh") == "1")
    }

    @Test(
        "A start from its own old backup receives the later updates, and issues no dot twice (corrosion#533)",
        arguments: [false, true], [false, true])
    func ownOldBackup(isExact: Bool, isPurged: Bool) throws {
        let mesh = try Mesh("a")
        func start(_ seed: UInt64, from state: [UInt8] = []) throws -> Replica {
            guard isExact else { return try Replica.start("b", seed: seed, from: state) }
            let replica = try Replica.make("b", seed: seed)
            if !state.isEmpty { try replica.load(state) }
            return replica
        }
        mesh.replicas["b"] = try start(50)
        for key in ["k", "deleted since"] { try mesh["b"].set(key, "1") }
        try mesh.meet("a", "b")
        let backup = mesh["b"].exported()
        try mesh["b"].set("issued since", "1")
        try mesh["b"].delete("deleted since")
        try mesh.meet("a", "b")
        if isPurged { _ = try mesh["a"].purge() }
        mesh.replicas["b"] = try start(51, from: backup)
        // For an exact source the host is responsible: deleted keys may return, under dots that differ for a while.
        func settle() throws {
            for _ in 0..<(isExact ? 3 : 1) { try mesh.settle() }
            if isExact { mesh.expectSameValues() } else { mesh.expectAgreement() }
        }
        try settle()
        let keys = mesh["b"].walk().map(\.key.text).filter { !isExact || $0 != "deleted since" }
        #expect(keys == ["issued since", "k"])
        try mesh["b"].set("new", "1")
        try settle()
        #expect(try mesh["a"].value("new") == "1")
    }

    @Test("A partly sent reset begins anew if another reset removes an entry that was sent")
    func resetDuringReset() throws {
        // a and b have k. b deletes it and purges the tombstone, while c receives the state of a, of which k has arrived.
        let mesh = try Mesh("a b c", over: .datagram, capacity: 512)
        try mesh["a"].set("gone", "1")
        _ = try mesh["a"].delete("gone")
        _ = try mesh["a"].purge()
        try mesh["a"].set("k", "1")
        for number in 0..<20 { try mesh["a"].set("filler \(number)", "\"\(String(repeating: "x", count: 60))\"") }
        try mesh.meet("a", "b")
        try mesh["b"].delete("k")
        #expect(try mesh["b"].purge() == 1)
        let pair = try mesh.pair("a", "c")
        pair.gossip()
        var isEarly = true
        mesh.carry(pair, rounds: 8) {
            // Of the reset the first datagrams arrive, and the others are lost.
            if mesh["c"].entry("k") != nil { isEarly = false }
            return isEarly ? 1 : 0
        }
        #expect(try mesh["c"].value("k") == "1")
        // The next progress message of c reaches a when a has been reset itself.
        var late: [[UInt8]] = []
        pair.gossip()
        for _ in 0..<6 {
            for datagram in pair.a.readDatagrams(capacity: 512).datagrams { pair.b.write(datagram) }
            late = pair.b.readDatagrams(capacity: 512).datagrams
            if late.contains(where: { $0.text.contains(#""got":"#) }) { break }
            for datagram in late { pair.a.write(datagram) }
        }
        #expect(late.contains { $0.text.contains(#""got":"#) })
        try mesh.meet("a", "b")
        #expect(try mesh["a"].value("k") == nil)
        for datagram in late { pair.a.write(datagram) }
        mesh.carry(pair)
        for _ in 0..<3 {
            pair.gossip()
            mesh.carry(pair)
        }
        #expect(try mesh["c"].value("k") == nil)
        try mesh.settle()
        mesh.expectAgreement()
    }

    @Test("A classic peer, which knows no reset, gets a new delete for an entry that a reset removes")
    func classicPeer() throws {
        // c, classic, is connected to b alone. a deletes a key that all have, and purges the tombstone before b knows.
        let mesh = try Mesh("a b c")
        try mesh["a"].set("k", "1")
        try mesh["b"].set("mine", "2")
        try mesh.meet("a", "b")
        #expect(try meet(mesh["b"], mesh["c"], .classic) == nil)
        #expect(try mesh["c"].value("k") == "1")
        try mesh["a"].delete("k")
        #expect(try mesh["a"].purge() == 1)
        try mesh.meet("a", "b")
        #expect(try mesh["b"].value("k") == nil)
        #expect(try mesh["b"].value("mine") == "2")
        for _ in 0..<2 { #expect(try meet(mesh["b"], mesh["c"], .classic) == nil) }
        #expect(try mesh["c"].value("k") == nil)
        try mesh.meet("a", "b")
        for name in ["a", "b", "c"] { check(mesh[name].broken == nil, "\(name): \(mesh[name].broken ?? "")") }
        #expect(mesh["a"].walk() == mesh["b"].walk())
        #expect(mesh["c"].walk() == mesh["b"].walk())
    }

    /// A reset continues in a later GC epoch by naming the purged tombstones. It cannot name entries that another reset has
    /// removed meanwhile.
    @Test("A reset begins anew if another reset removes an entry that it has sent")
    func removedMeanwhile() throws {
        let (sender, peer, purger) = (try Replica.make("s"), try Replica.make("p"), try Replica.make("q"))
        try purger.set("gone", "1")
        #expect(try meet(purger, sender) == nil)
        try sender.set("old", "1")
        try sender.delete("old")
        #expect(try sender.purge() == 1)
        for number in 0..<40 { try sender.set("k\(number)", "1") }
        try purger.delete("gone")
        #expect(try purger.purge() == 1)
        // The peer has the key from the first part of its reset.
        let pair = try Pair(sender, peer, .datagram)
        pair.b.link.gossip()
        for _ in 0..<20 where try peer.value("gone") == nil {
            pair.a.write(pair.b.read(upTo: 500))
            pair.b.write(pair.a.read(upTo: 300))
        }
        #expect(try peer.value("gone") == "1")
        // The request that follows arrives before the sender's next read.
        try peer.set("own", "1")
        pair.b.link.gossip()
        pair.a.write(pair.b.readAll())
        var request: [UInt8] = []
        for _ in 0..<20 where !request.text.contains(#""vector""#) {
            pair.b.write(pair.a.read(upTo: 300))
            request = pair.b.readAll()
        }
        #expect(request.text.contains(#""vector""#))
        #expect(try meet(purger, sender) == nil)
        #expect(try sender.value("gone") == nil)
        pair.a.write(request)
        for _ in 0..<4 {
            #expect(carry(pair.a, pair.b, capacity: 500).isQuiet)
            pair.b.link.gossip()
        }
        #expect(try peer.value("gone") == nil)
        #expect(peer.vectorHash == sender.vectorHash)
        #expect(peer.contentHash == sender.contentHash)
    }
}
