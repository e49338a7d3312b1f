import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// A delta for many live links is written once, and is right for each of them.
@Suite("SharedDelta")
struct SharedDeltaTests {
    /// A replica and live links to peers that have all its updates.
    private struct Hub {
        let replica: Replica
        var pairs: [Pair] = []

        init(peers: Int, _ adjust: (inout Configuration) -> Void = { _ in }) throws {
            replica = try Replica.make("hub", adjust)
            try replica.set("first", "1")
            for number in 0..<peers {
                let pair = try Pair(replica, Replica.make("p\(number)", seed: UInt64(number + 2)), .live)
                pair.gossip()
                #expect(talk(pair.a, pair.b) == nil)
                pairs.append(pair)
            }
            // The low-water marks of those that joined later.
            for pair in pairs { #expect(talk(pair.a, pair.b) == nil) }
            // A live link begins with a head of its own.
            try replica.set("second", "1")
            for pair in pairs { #expect(talk(pair.a, pair.b) == nil) }
        }

        func expectAgreement(_ what: String) {
            for pair in pairs {
                check(pair.b.replica.walk() == replica.walk(), "\(what): \(pair.b.replica.walk())")
                check(pair.b.replica.broken == nil, "\(what): \(String(describing: pair.b.replica.broken))")
            }
        }
    }

    private func places(_ end: LinkEnd) -> [UnsafeRawPointer?] {
        var places: [UnsafeRawPointer?] = []
        try? end.link.peek(maxCount: 8) { places.append($0.baseAddress) }
        return places
    }

    @Test("All links show the same bytes at the same index")
    func sameBytes() throws {
        let hub = try Hub(peers: 6)
        for number in 0..<5 { try hub.replica.set("k\(number)", "\(number)") }
        let shown = hub.pairs.map { places($0.a) }
        #expect(shown[0].count == 1)
        #expect(shown.allSatisfy { $0 == shown[0] })
        for pair in hub.pairs { #expect(talk(pair.a, pair.b) == nil) }
        hub.expectAgreement("shared")
    }

    @Test("Links at different indices, slow and fast, that write too: all receive all updates", arguments: 0..<40)
    func random(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let hub = try Hub(peers: 5) {
            $0.maxHistory = random.pick([1, 3, 20, 1000])
            $0.mtu = random.within(1...12)
        }
        for _ in 0..<300 {
            let pair = random.pick(hub.pairs)
            switch random.below(6) {
            case 0, 1: try hub.replica.set("k\(random.below(30))", "\(random.below(100))")
            case 2: try pair.b.replica.set("k\(random.below(30))", "[]")
            case 3: try random.pick([hub.replica, pair.b.replica]).delete("k\(random.below(30))")
            case 4: pair.b.write(pair.a.read(upTo: random.within(1...300)))
            default: pair.a.write(pair.b.read(upTo: random.within(1...300)))
            }
        }
        for _ in 0..<3 {
            for pair in hub.pairs {
                pair.gossip()
                #expect(talk(pair.a, pair.b) == nil)
            }
        }
        hub.expectAgreement("seed \(seed)")
    }

    @Test("An update that is superseded half-way is not sent without its winner")
    func superseded() throws {
        let hub = try Hub(peers: 2)
        // p1 deletes k, which it has not seen, and purges the tombstone; the hub receives the delete after p0 was shown the
        // value.
        try hub.replica.set("k", "1")
        #expect(hub.pairs[0].a.peek().map(\.text).joined().contains(#""key":"k""#))
        let p1 = hub.pairs[1].b.replica
        try p1.set("other", "1")
        try p1.set("other", "2")
        try p1.delete("k")
        hub.pairs[1].a.write(hub.pairs[1].b.readAll())
        #expect(hub.replica.entry("k")?.isDelete == true)
        #expect(try p1.purge() == 1)
        let toP1 = hub.pairs[1].a.readAll().text
        #expect(!toP1.contains(#""key":"k""#), "\(toP1)")
        for pair in hub.pairs { #expect(talk(pair.a, pair.b) == nil) }
    }

    @Test("An update is not sent back to its peer")
    func echo() throws {
        let hub = try Hub(peers: 3)
        try hub.pairs[0].b.replica.set("mine", "1")
        hub.pairs[0].a.write(hub.pairs[0].b.readAll())
        #expect(hub.pairs[1].a.peek().map(\.text).joined().contains("mine"))
        #expect(!hub.pairs[0].a.peek().map(\.text).joined().contains("mine"))
        #expect(hub.pairs[2].a.peek().map(\.text).joined().contains("mine"))
        for pair in hub.pairs { #expect(talk(pair.a, pair.b) == nil) }
        hub.expectAgreement("echo")
    }

    @Test("A link that closes in the middle of a shared delta, and a replica that is freed first, leave nothing behind")
    func closing() throws {
        weak var kept: SharedDelta?
        do {
            let hub = try Hub(peers: 2)
            try hub.replica.set("k", "1")
            _ = hub.pairs[0].a.read(upTo: 10)
            kept = hub.replica.linkTable.newestSharedDelta
            #expect(kept != nil)
            hub.pairs[0].a.close()
            try hub.replica.set("k", "2")
            #expect(hub.replica.linkTable.newestSharedDelta == nil)
        }
        #expect(kept == nil)
    }
}
