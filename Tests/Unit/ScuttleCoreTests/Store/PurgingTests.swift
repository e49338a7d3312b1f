import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Tombstones, and when they are purged.
@Suite("Purging")
struct PurgingTests {
    private func make(_ id: String, _ adjust: (inout Configuration) -> Void = { _ in }) throws -> Replica {
        try Replica.make(id, seed: UInt64(id.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }), adjust)
    }

    private func retire(_ replica: Replica, _ source: String) -> Bool {
        source.lend { replica.retireName($0) }
    }

    private func examine(_ replicas: Replica...) {
        for replica in replicas {
            check(replica.broken == nil, "\(replica.name.text): \(String(describing: replica.broken))")
        }
    }

    // MARK: Stable

    @Test("A replica alone purges its tombstones at once: no older update can arrive")
    func alone() throws {
        let replica = try make("a")
        try replica.set("k", "1")
        try replica.delete("k")
        #expect(replica.keys.tombstoneCount == 1)
        replica.gossip()
        #expect(replica.keys.tombstoneCount == 0)
        #expect(replica.own.purged == 2)
        #expect(replica.epoch == 1)
        #expect(replica.keys.find(Bytes("k")) == nil)
        examine(replica)
    }

    @Test("A tombstone is purged when the low-water mark of each source is above it, and not before")
    func stable() throws {
        let (a, b) = (try make("a"), try make("b"))
        try a.set("k", "1")
        try b.set("l", "1")
        #expect(try meet(a, b) == nil)
        try a.delete("k")
        a.gossip()
        #expect(a.entry("k")?.isDelete == true, "b has not covered it")
        // The first meeting brings b's low-water mark, as it was at the request.
        for _ in 0..<2 { #expect(try meet(a, b) == nil) }
        for replica in [a, b] {
            replica.gossip()
            #expect(replica.entry("k") == nil)
        }
        #expect(a.fingerprint == b.fingerprint)
        examine(a, b)
    }

    @Test(
        "A name that never returns holds tombstones back until it is retired, and again when it returns"
    )
    func retired() throws {
        let (a, b) = (try make("a"), try make("b"))
        try b.set("l", "1")
        #expect(try meet(a, b) == nil)
        for number in 0..<5 {
            try a.set("k\(number)", "1")
            try a.delete("k\(number)")
        }
        a.gossip()
        #expect(a.keys.tombstoneCount == 5)
        #expect(!retire(a, "who?"))
        #expect(a.keys.tombstoneCount == 5)
        #expect(retire(a, "b"))
        #expect(a.keys.tombstoneCount == 0)
        // It returns: it is reset, and counts again.
        for _ in 0..<2 { #expect(try meet(a, b) == nil) }
        #expect(b.vector == a.vector)
        try a.delete("k9")
        a.gossip()
        #expect(a.entry("k9")?.isDelete == true)
        examine(a, b)
    }

    @Test("A name without covered versions holds tombstones back if an entry of it has arrived, until it is retired")
    func uncovered() throws {
        let end = try LinkEnd(try make("a"))
        let replica = end.replica
        var peer = HandPeer(end)
        peer.beAsked()
        peer.say(peer.head("state"))
        end.write(PlainUpdate("k", "1", "c", 5).line + "\n")
        end.close()
        try replica.delete("k")
        replica.gossip()
        // Others may hold the writes of c, and would republish them.
        #expect(replica.entry("k")?.isDelete == true)
        #expect(retire(replica, "c"))
        #expect(replica.keys.tombstoneCount == 0)
        examine(replica)
    }

    @Test("A host that keeps tombstones keeps them, until it purges", arguments: [false, true])
    func kept(keeps: Bool) throws {
        let replica = try make("a") { $0.keepsTombstones = keeps }
        for number in 0..<6 { try replica.delete("k\(number)") }
        replica.gossip()
        #expect(replica.keys.tombstoneCount == (keeps ? 6 : 0))
        #expect(try replica.purge() == (keeps ? 6 : 0))
        #expect(try replica.purge() == 0)
        #expect(replica.highestPurged == 6)
        examine(replica)
    }

    @Test("After a classic link no stable tombstone is purged: the peer knows no reset, and may return")
    func classicLinks() throws {
        let replica = try make("a")
        let end = try LinkEnd(replica, .classic)
        try replica.delete("k")
        replica.gossip()
        #expect(replica.keys.tombstoneCount == 1)
        end.close()
        replica.gossip()
        #expect(replica.keys.tombstoneCount == 1)
        let again = try make("a")
        #expect(try again.load(replica.exported()))
        again.gossip()
        #expect(again.keys.tombstoneCount == 1)
        #expect(try replica.purge() == 1)
    }

    @Test("A tombstone ahead of the walk of a delta stays until the walk has passed it")
    func underWalk() throws {
        let (a, b) = (try make("a") { ($0.maxHistory, $0.mtu) = (1, 1) }, try make("b"))
        for number in 0..<8 { try a.set("k\(number)", "1") }
        let pair = try Pair(a, b)
        pair.b.link.gossip()
        pair.a.write(pair.b.readAll())
        pair.b.write(pair.a.readAll())
        pair.a.write(pair.b.readAll())
        // The state is on its way, with two entries sent.
        var text: [UInt8] = []
        while text.lines.count < 4 {
            let piece = pair.a.read(upTo: 20)
            try #require(!piece.isEmpty)
            text += piece
        }
        #expect(pair.a.link.outgoing?.mode == .state)
        try a.delete("k5")
        a.purgeStable()
        #expect(a.entry("k5")?.isDelete == true)
        pair.b.write(text + pair.a.readAll())
        #expect(b.entry("k5")?.isDelete == true)
        #expect(talk(pair.a, pair.b) == nil)
        #expect(a.walk() == b.walk())
        examine(a, b)
    }

    // MARK: By limit, and by call

    @Test("No more than max_tombstones are kept, the lowest versions go first", arguments: [0, 1, 5, 40])
    func most(limit: Int) throws {
        let replica = try make("a") {
            $0.maxTombstones = limit
            $0.keepsTombstones = true
        }
        for number in 0..<60 {
            try replica.delete("k\(number)")
            #expect(replica.keys.tombstoneCount == min(number + 1, limit))
        }
        let left = replica.allEntries.map(\.version).sorted()
        #expect(left == Array(61 - Version(limit)..<61))
        examine(replica)
    }

    @Test("Out-of-order tombstones are not purged, however many there are")
    func ahead() throws {
        let replica = try make("a") { $0.maxTombstones = 2 }
        for version in 2...20 as ClosedRange<Version> {
            try PlainUpdate(delete: "k\(version)", "x", version).incoming { (update) throws(Failure) in
                if case .accepted(let record) = try replica.apply(update) { record.release() }
                replica.purgeSurplusTombstones()
            }
        }
        #expect(replica.keys.tombstoneCount == 19)
        #expect(try replica.purge() == 0)
        let id = try #require("x".lend { replica.sources.find($0) })
        replica.cover(id, upTo: 20)
        replica.bypassHistory(replica.sources[id], upTo: 20)
        replica.purgeSurplusTombstones()
        #expect(replica.keys.tombstoneCount == 2)
        examine(replica)
    }

    @Test("A purge removes all tombstones and nothing else, and changes no walk and no count", arguments: 0..<20)
    func model(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try make("a") { $0.keepsTombstones = true }
        var model: [String: String] = [:]
        for number in 0..<400 {
            let key = "k\(random.below(40))"
            switch random.below(8) {
            case 0...3:
                try replica.set(key, "\(number)")
                model[key] = "\(number)"
            case 4...6:
                try replica.delete(key)
                model[key] = nil
            default:
                let count = replica.keys.tombstoneCount
                #expect(try replica.purge() == count)
                #expect(replica.keys.tombstoneCount == 0)
            }
            check(replica.count == model.count, "seed \(seed): \(replica.count) keys, not \(model.count)")
            if random.oneIn(30) {
                let mine = Dictionary(uniqueKeysWithValues: replica.walk().map { ($0.key.text, $0.value.text) })
                check(mine == model, "seed \(seed): \(mine)")
                examine(replica)
            }
        }
    }

    @Test("With a host's resolver nothing is purged: only the host knows what a tombstone beats")
    func hostResolver() throws {
        let replica = try make("a") {
            $0.resolver = .host { update, current in current?.precedes(update) ?? true }
            $0.maxTombstones = 1
        }
        for number in 0..<4 { try replica.delete("k\(number)") }
        replica.gossip()
        #expect(replica.keys.tombstoneCount == 4)
        #expect(failure { () throws(Failure) in _ = try replica.purge() } == .unsupported)
        _ = retire(replica, "nobody")
        #expect(replica.keys.tombstoneCount == 4)
    }

    // MARK: Resets

    @Test("A peer that missed a purged tombstone loses the key by a reset, and keeps its own later writes")
    func reset() throws {
        let told = Collected<String>()
        let (a, b) = (
            try make("a"),
            try make("b") { $0.onUpdate = { if $0.kind == .reset { told.all.append($0.key.text) } } }
        )
        try a.set("gone", "1")
        try a.set("stays", "1")
        #expect(try meet(a, b) == nil)
        try a.delete("gone")
        #expect(try a.purge() == 1)
        try b.set("of b", "1")
        for _ in 0..<2 { #expect(try meet(a, b) == nil) }
        #expect(told.all == ["gone"])
        #expect(b.walk().map(\.key.text) == ["of b", "stays"])
        #expect(a.walk() == b.walk())
        #expect(a.vector == b.vector)
        examine(a, b)
    }

    @Test("A lagging entry from below the purge is republished, as the same write")
    func republished() throws {
        let (a, b) = (try make("a"), try make("b"))
        try a.set("x", "1")
        #expect(try meet(a, b) == nil)
        try b.set("of b", "1")
        let old = try #require(b.entry("of b"))
        for _ in 0..<5 { try a.delete("x") }
        #expect(try a.purge() == 1)
        for _ in 0..<2 { #expect(try meet(a, b) == nil) }
        let entry = try #require(b.entry("of b"))
        #expect(entry.version > old.version)
        #expect(entry.write == old)
        #expect(a.walk() == b.walk())
        #expect(try a.value("of b") == "1")
        examine(a, b)
    }

    @Test(
        "Three replicas that purge at random, in any order of meetings, agree in the end on the keys that hold a value",
        arguments: 0..<60)
    func convergence(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replicas = try ["a", "b", "c"].map { id in
            try make(id) {
                $0.maxHistory = random.pick([1, 4, 100])
                $0.mtu = random.within(1...9)
                $0.maxTombstones = random.pick([0, 3, 1000])
            }
        }
        let options = random.pick([[], .datagram] as [Link.Options])
        for _ in 0..<40 {
            let replica = random.pick(replicas)
            switch random.below(6) {
            case 0...2: try replica.set("k\(random.below(8))", "\(random.below(100))")
            case 3: try replica.delete("k\(random.below(8))")
            case 4: _ = try replica.purge()
            default: try meetOver(options, random.pick(replicas), replica, seed)
            }
        }
        for _ in 0..<6 {
            for (x, y) in [(0, 1), (1, 2), (0, 2)] { try meetOver(options, replicas[x], replicas[y], seed) }
        }
        for replica in replicas {
            check(replica.walk() == replicas[0].walk(), "seed \(seed): \(replica.walk()), not \(replicas[0].walk())")
            check(replica.vector == replicas[0].vector, "seed \(seed): \(replica.vector), not \(replicas[0].vector)")
            examine(replica)
        }
    }

    private func meetOver(_ options: Link.Options, _ a: Replica, _ b: Replica, _ seed: Int) throws {
        guard a !== b else { return }
        let pair = try Pair(a, b, options)
        pair.gossip()
        if options.contains(.datagram) {
            let exchange = carry(pair.a, pair.b, capacity: 900)
            check(exchange.isQuiet && exchange.refused.isEmpty, "seed \(seed): \(exchange.refused)")
        } else {
            check(talk(pair.a, pair.b) == nil, "seed \(seed)")
        }
        pair.close()
    }
}
