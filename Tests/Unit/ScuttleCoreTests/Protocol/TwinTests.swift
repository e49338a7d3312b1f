import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Two live incarnations of one name.
@Suite("Twins")
struct TwinTests {
    private let told = Told()

    private func hub() throws -> Replica {
        try Replica.make("hub") { told.hear("hub", &$0) }
    }

    private func start(_ seed: UInt64, from state: [UInt8] = []) throws -> Replica {
        try Replica.start("n", seed: seed, from: state) { told.hear("n\(seed)", &$0) }
    }

    private func gossip(_ pairs: [Pair]) {
        for pair in pairs {
            pair.gossip()
            #expect(carry(pair.a, pair.b).isQuiet)
        }
    }

    @Test("Both hosts, and that of the replica between them, are notified once", arguments: Link.Options.ways)
    func told(options: Link.Options) throws {
        let hub = try hub()
        let pairs = try [2, 3].map { try Pair(hub, start($0), options) }
        for _ in 0..<5 { gossip(pairs) }
        #expect(told.count(.twin, at: "hub") == 2, "once a link: \(told.all)")
        #expect(told.count(.twin, at: "n2") == 1, "\(told.all)")
        #expect(told.count(.twin, at: "n3") == 1, "\(told.all)")
        // Nothing is lost.
        try pairs[0].b.replica.set("k", "1")
        try pairs[1].b.replica.set("l", "1")
        for _ in 0..<2 { gossip(pairs) }
        #expect(hub.walk().map(\.key.text) == ["k", "l"])
        for pair in pairs { #expect(pair.b.replica.walk() == hub.walk()) }
    }

    @Test(
        "A first hello is no sign: the link of an ended incarnation may still be open",
        arguments: Link.Options.ways)
    func restarted(options: Link.Options) throws {
        let hub = try hub()
        let first = try Pair(hub, start(2), options)
        for _ in 0..<3 { gossip([first]) }
        // It ends without notice to the hub; its next incarnation is there, and sends as often as it likes.
        let second = try Pair(hub, start(3, from: first.b.replica.exported()), options)
        for _ in 0..<5 { gossip([second]) }
        #expect(told.all.allSatisfy { $0.event != .twin }, "\(told.all)")
    }

    @Test("Closed links, other names, and two links of one incarnation are no twins")
    func others() throws {
        let hub = try hub()
        let first = try Pair(hub, start(2))
        gossip([first])
        first.close()
        let next = try start(3)
        let pairs = try [
            Pair(hub, next), Pair(hub, next), Pair(hub, Replica.start("m", seed: 4)), Pair(hub, Replica.make("n2")),
        ]
        for _ in 0..<4 { gossip(pairs) }
        #expect(told.all.allSatisfy { $0.event != .twin }, "\(told.all)")
    }

    @Test("A peer of this replica's own name is reported with its first hello, on both sides")
    func ownName() throws {
        let pair = try Pair(start(2), start(3))
        for _ in 0..<3 { gossip([pair]) }
        #expect(told.count(.twin, at: "n2") == 1)
        #expect(told.count(.twin, at: "n3") == 1)
        #expect(told.all.firstIndex { $0.event == .twin }.map { told.all[$0 - 1].event } == .hello)
    }

    @Test("An exact source is a name of its own, and a twin of its incarnations")
    func exact() throws {
        let hub = try hub()
        let pairs = try [Pair(hub, Replica.make("n")), Pair(hub, start(3))]
        for _ in 0..<4 { gossip(pairs) }
        #expect(told.count(.twin, at: "hub") == 2)
    }
}
