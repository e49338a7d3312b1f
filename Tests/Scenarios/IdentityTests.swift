import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Ids that return, and invalid versions.
@Suite("Scenario: identities and versions")
struct IdentityTests {
    /// riak_kv#679: an actor that had lost its version vector counted anew under its old id. Its peers treated its new writes as
    /// old ones, and dropped them without an error.
    @Test(
        "A name that returns without its state is another incarnation, and loses nothing (riak_kv#679)",
        arguments: Link.Options.ways, [0, 1, 2])
    func lostClock(options: Link.Options, writes: Int) throws {
        let mesh = try Mesh("a c", over: options)
        mesh.replicas["b"] = try Replica.start("b", seed: 50)
        for number in 0..<3 { try mesh["b"].set("k\(number)", "1") }
        for name in ["a", "c"] { try mesh.meet("b", name) }
        mesh.replicas["b"] = try Replica.start("b", seed: 51)
        for number in 0..<writes { try mesh["b"].set("new \(number)", "1") }
        try mesh.settle()
        mesh.expectAgreement()
        #expect(mesh["a"].count == 3 + writes)
    }

    @Test(
        "An exact source that returns without its vector is reported, and loses nothing old (riak_kv#679)",
        arguments: Link.Options.ways, [0, 1, 2])
    func exactLostClock(options: Link.Options, writes: Int) throws {
        let told = Collected<String>()
        let mesh = try Mesh("a b c", over: options) { $0.onEvent = { told.all.append("\($1) \($2)") } }
        for number in 0..<3 { try mesh["b"].set("k\(number)", "1") }
        for name in ["a", "c"] { try mesh.meet("b", name) }
        let again = try mesh.add("b") { $0.onEvent = { told.all.append("\($1) \($2)") } }
        for number in 0..<writes { try again.set("lost \(number)", "1") }
        told.all = []
        let pair = try mesh.pair("a", "b")
        var codes: [Failure.Code] = []
        for _ in 0..<2 {
            pair.gossip()
            codes += mesh.carry(pair).refused
        }
        pair.close()
        // Its low-water mark rose above the peer's version before the vectors were compared, and the contents differ.
        #expect(told.all.contains("diverged 0"))
        #expect(codes.allSatisfy { $0 == .corrupt })
        #expect(mesh["a"].walk().map(\.key.text).filter { $0.hasPrefix("k") } == ["k0", "k1", "k2"])
        try again.set("goes on", "1")
        for _ in 0..<3 { try mesh.settle() }
        mesh.expectSameValues()
        for key in ["goes on", "k0", "k1", "k2"] { #expect(try mesh["c"].value(key) == "1", "\(key)") }
        if writes == 0 { #expect(mesh["a"].count == 4) }
    }

    @Test("In the classic dialect, a digest of its own id reports it (riak_kv#679)")
    func lostClockClassic() throws {
        let (a, b) = (try Replica.make("a"), try Replica.make("b"))
        try b.set("k", "1")
        #expect(try meet(a, b, .classic) == nil)
        #expect(try meet(a, Replica.make("b", seed: 9), .classic) == .identity)
    }

    /// scylladb#2894: two concurrent changes were published in the order of their end. A reader that saw the later one first
    /// treated the earlier one as seen.
    @Test("A version published before the one below it leaves a gap, which is filled (scylladb#2894)")
    func gap() throws {
        let end = try LinkEnd(Replica.make("a"))
        var peer = HandPeer(end, source: "b")
        peer.beAsked()
        // b:3 is published, with the interval behind b:2; b:1 and b:2 arrive later.
        #expect(peer.sayLog([PlainUpdate("k3", "1", "b", 3)], cover: #""b":[2,3]"#).allSatisfy { $0 == nil })
        #expect(try end.replica.value("k3") == "1")
        #expect(end.replica.vector["b"] == nil)
        #expect(end.replica.broken == nil)
        let rest = [PlainUpdate("k1", "1", "b", 1), PlainUpdate("k2", "1", "b", 2)]
        #expect(peer.sayLog(rest, cover: #""b":[0,2]"#).allSatisfy { $0 == nil })
        #expect(end.replica.vector["b"] == 2)
        #expect(peer.sayLog([], cover: #""b":[2,3]"#).allSatisfy { $0 == nil })
        #expect(end.replica.vector["b"] == 3)
        #expect(end.replica.walk().map(\.key.text) == ["k1", "k2", "k3"])
        #expect(end.replica.broken == nil)
    }

    @Test(
        "Datagrams of a delta in every order: the vector never passes a gap, and in the end covers all (scylladb#2894)")
    func everyOrder() throws {
        var orders = 0
        try withEveryOrder(of: [0, 1, 2, 3, 4]) { order in
            let mesh = try Mesh("a b", over: .datagram, capacity: 330) { $0.maxHistory = 100 }
            for number in 1...4 {
                try mesh["a"].set("k\(number)", "\"" + String(repeating: "x", count: 60) + "\"")
            }
            let (b, pair) = (mesh["b"], try mesh.pair("a", "b"))
            exchangeTokens(pair.a, pair.b)
            pair.b.link.gossip()
            for text in pair.b.readDatagrams(capacity: 330).datagrams { pair.a.write(text) }
            for text in pair.a.readDatagrams(capacity: 330).datagrams { pair.b.write(text) }
            for text in pair.b.readDatagrams(capacity: 330).datagrams { pair.a.write(text) }
            let delta = pair.a.readDatagrams(capacity: 330).datagrams.filter { $0.text.contains(#""delta":"#) }
            // Four updates, and the commit.
            try #require(delta.count == 5)
            for number in order {
                pair.b.write(delta[number])
                let covered = b.vector["a"] ?? 0
                let has = (1...4).prefix { (try? b.value("k\($0)")) ?? nil != nil }.count
                check(covered <= Version(has), "\(order): \(covered) covered, \(has) there")
            }
            pair.gossip()
            #expect(mesh.carry(pair).isQuiet)
            check(b.walk() == mesh["a"].walk(), "\(order)")
            pair.close()
            orders += 1
        }
        #expect(orders == 120)
    }

    /// orbitdb#512: an honest peer relayed an entry with a huge Lamport time. Clamped or not, it raised the Lamport time of all
    /// peers so far that no write was possible any more.
    @Test(
        "A huge version relayed by an honest peer is rejected, not clamped (orbitdb#512)", arguments: Link.Options.ways)
    func huge(options: Link.Options) throws {
        let mesh = try Mesh("honest", over: options) { $0.limits.versionJump = .max }
        let jump: UInt64 = 1000
        try mesh.add("careful") { $0.limits.versionJump = jump }
        try mesh["honest"].receive(PlainUpdate("poison", "1", "evil", .highest))
        try mesh["careful"].set("of the careful one", "1")
        let before = mesh["careful"].allEntries
        let pair = try mesh.pair("honest", "careful")
        for round in 1...3 as ClosedRange<UInt64> {
            pair.gossip()
            let exchange = mesh.carry(pair)
            #expect(exchange.isQuiet)
            // The version rises by a limited number of steps with each gossip.
            #expect(mesh["careful"].version <= 1 + round * 70 * jump)
        }
        #expect(mesh["careful"].allEntries == before)
        #expect(mesh["careful"].vector["evil"] == nil)
        try mesh["careful"].set("goes on", "1")
        #expect(mesh["careful"].broken == nil)
    }

    @Test(
        "A replica that lags by more than a jump gains with each hello, and then has all updates",
        arguments: Link.Options.ways, [1, 63, 64, 200])
    func approach(options: Link.Options, steps: Int) throws {
        let jump: UInt64 = 10
        let mesh = try Mesh("ahead", over: options) { $0.limits.versionJump = .max }
        try mesh.add("behind") { $0.limits.versionJump = jump }
        try mesh["ahead"].receive(PlainUpdate("k", "1", "x", jump * UInt64(steps) + 1))
        try mesh["behind"].set("of the one behind", "1")
        let pair = try mesh.pair("ahead", "behind")
        var gossips = 0
        while mesh["behind"].vector["x"] == nil, gossips < 20 {
            pair.b.link.gossip()
            #expect(mesh.carry(pair).isQuiet)
            gossips += 1
        }
        #expect(gossips == (steps + 64) / 65)
        pair.gossip()
        #expect(mesh.carry(pair).isQuiet)
        mesh.expectAgreement()
    }

    @Test("Of a delta with a huge version only that update is rejected (orbitdb#512)")
    func hugeAmongOthers() throws {
        let end = try LinkEnd(Replica.make("a"))
        var peer = HandPeer(end, source: "b")
        peer.beAsked()
        let codes = peer.sayLog(
            [
                PlainUpdate("k1", "1", "b", 1), PlainUpdate("poison", "1", "evil", .highest),
                PlainUpdate("k2", "1", "b", 2),
            ],
            cover: #""b":[0,2]"#)
        #expect(codes == [nil, nil, .versionJump, nil, nil])
        #expect(end.replica.walk().map(\.key.text) == ["k1", "k2"])
        #expect(end.replica.version < 100)
        #expect(end.replica.vector["evil"] == nil)
    }
}
