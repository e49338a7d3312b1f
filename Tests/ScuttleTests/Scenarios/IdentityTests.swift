import Testing

@testable import Scuttle

/// Ids that come back, and versions that cannot be.
@Suite("Scenario: identities and versions")
struct IdentityTests {
    /// riak_kv#679: an actor whose clock was lost began to count anew under its old id; its new writes looked like old ones
    /// to everybody, and were dropped in silence.
    @Test(
        "An id that comes back with a lost clock is told so, before its writes get lost (riak_kv#679)",
        arguments: Link.Options.ways, [0, 1, 2])
    func lostClock(options: Link.Options, writes: Int) throws {
        let mesh = try Mesh("a b c", over: options)
        for number in 0..<3 { try mesh["b"].set("k\(number)", "1") }
        for name in ["a", "c"] { try mesh.meet("b", name) }
        let again = try mesh.add("b")
        for number in 0..<writes { try again.set("lost \(number)", "1") }
        let pair = try mesh.pair("a", "b")
        pair.gossip()
        let codes = mesh.carry(pair).refused
        #expect(!codes.isEmpty && codes.allSatisfy { $0 == .identity || $0 == .rejected || $0 == .corrupt }, "\(codes)")
        #expect(codes.contains(.identity))
        #expect(mesh["a"].walk().map(\.key.text) == ["k0", "k1", "k2"])
        // What it wrote can be had under another id.
        let state = again.exported()
        let other = try mesh.add("b2")
        #expect(try other.load(state))
        _ = other
        try mesh.settle(without: ["b"])
        #expect(mesh["a"].broken == nil)
        #expect(other.broken == nil)
    }

    @Test("In the classic dialect too: a digest of its own id tells it (riak_kv#679)")
    func lostClockClassic() throws {
        let (a, b) = (try Replica.make("a"), try Replica.make("b"))
        try b.set("k", "1")
        #expect(try meet(a, b, .classic) == nil)
        #expect(try meet(a, Replica.make("b", seed: 9), .classic) == .identity)
    }

    /// scylladb#2894: two concurrent changes were published in the order of their end; whoever saw the later one first took
    /// the earlier one for seen.
    @Test("A version published before the one below it leaves a gap, which is filled (scylladb#2894)")
    func gap() throws {
        let end = try LinkEnd(Replica.make("a"))
        var peer = HandPeer(end, source: "b")
        peer.beAsked()
        // b:3 is published, with the interval behind b:2; b:1 and b:2 come later.
        #expect(peer.sayLog([PlainUpdate("k3", "1", "b", 3)], cover: #""b":[2,3]"#).allSatisfy { $0 == nil })
        #expect(try end.replica.value("k3") == "1")
        #expect(end.replica.clock["b"] == nil)
        #expect(end.replica.broken == nil)
        let rest = [PlainUpdate("k1", "1", "b", 1), PlainUpdate("k2", "1", "b", 2)]
        #expect(peer.sayLog(rest, cover: #""b":[0,2]"#).allSatisfy { $0 == nil })
        #expect(end.replica.clock["b"] == 2)
        #expect(peer.sayLog([], cover: #""b":[2,3]"#).allSatisfy { $0 == nil })
        #expect(end.replica.clock["b"] == 3)
        #expect(end.replica.walk().map(\.key.text) == ["k1", "k2", "k3"])
        #expect(end.replica.broken == nil)
    }

    @Test("Datagrams of a log in every order: the clock never passes a gap, and in the end has all (scylladb#2894)")
    func everyOrder() throws {
        var orders = 0
        try withEveryOrder(of: [0, 1, 2, 3]) { order in
            let mesh = try Mesh("a b", over: .datagram, capacity: 330) { $0.maxHistory = 100 }
            for number in 1...4 {
                try mesh["a"].set("k\(number)", "\"" + String(repeating: "x", count: 60) + "\"")
            }
            let (b, pair) = (mesh["b"], try mesh.pair("a", "b"))
            pair.b.link.gossip()
            for text in pair.b.readDatagrams(capacity: 330).datagrams { pair.a.write(text) }
            for text in pair.a.readDatagrams(capacity: 330).datagrams { pair.b.write(text) }
            for text in pair.b.readDatagrams(capacity: 330).datagrams { pair.a.write(text) }
            let answer = pair.a.readDatagrams(capacity: 330).datagrams.filter { $0.text.contains(#""delta":"#) }
            #expect(answer.count == 4)
            for number in order {
                pair.b.write(answer[number])
                let covered = b.clock["a"] ?? 0
                let has = (1...4).prefix { (try? b.value("k\($0)")) ?? nil != nil }.count
                check(covered <= Version(has), "\(order): \(covered) covered, \(has) there")
            }
            pair.gossip()
            #expect(mesh.carry(pair).isQuiet)
            check(b.walk() == mesh["a"].walk(), "\(order)")
            pair.close()
            orders += 1
        }
        #expect(orders == 24)
    }

    /// orbitdb#512: an honest peer relayed an entry whose Lamport time was huge; clamped or not, it pushed everybody's clock
    /// to where no write was possible any more.
    @Test(
        "A huge version relayed by an honest peer is rejected, not clamped (orbitdb#512)", arguments: Link.Options.ways)
    func huge(options: Link.Options) throws {
        let mesh = try Mesh("honest", over: options) { $0.limits.versionJump = .max }
        try mesh.add("careful")
        try mesh["honest"].receive(PlainUpdate("poison", "1", "evil", .highest))
        try mesh["careful"].set("of the careful one", "1")
        let before = (mesh["careful"].allEntries, mesh["careful"].version)
        let pair = try mesh.pair("honest", "careful")
        for _ in 0..<3 {
            pair.gossip()
            let exchange = mesh.carry(pair)
            #expect(exchange.refused.contains(.versionJump))
        }
        #expect(mesh["careful"].allEntries == before.0)
        #expect(mesh["careful"].version == before.1)
        #expect(mesh["careful"].clock["evil"] == nil)
        try mesh["careful"].set("goes on", "1")
        #expect(mesh["careful"].broken == nil)
    }

    @Test("A huge version costs what it came with, not the rest of an answer (orbitdb#512)")
    func hugeAmongOthers() throws {
        let end = try LinkEnd(Replica.make("a"))
        var peer = HandPeer(end, source: "b")
        peer.beAsked()
        let codes = peer.sayLog(
            [PlainUpdate("k1", "1", "b", 1), PlainUpdate("poison", "1", "evil", .highest), PlainUpdate("k2", "1", "b", 2)],
            cover: #""b":[0,2]"#)
        #expect(codes == [nil, nil, .versionJump, nil, nil])
        #expect(end.replica.walk().map(\.key.text) == ["k1", "k2"])
        #expect(end.replica.version < 100)
        #expect(end.replica.clock["evil"] == nil)
    }
}
