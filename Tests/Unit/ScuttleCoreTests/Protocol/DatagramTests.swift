import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Datagram links: each datagram fits, whatever its size, and lost updates are requested again.
@Suite("Datagrams")
struct DatagramTests {
    /// Returns a replica with some sources, keys and tombstones of its own.
    private func replica(_ id: String, _ random: inout TestRandom, sources: Int, updates: Int) throws -> Replica {
        let replica = try Replica.make(id, seed: random.next()) {
            $0.mtu = random.within(1...20)
            $0.maxHistory = random.pick([1, 5, 1000])
            $0.keepsTombstones = random.oneIn(2)
        }
        for number in 0..<updates {
            let key = "k\(random.below(updates))"
            if random.oneIn(2) {
                let source = "\(id) source \(random.below(sources))"
                let version = (replica.vector[source] ?? 0) + Version(random.within(1...3))
                try replica.receive(PlainUpdate(key, "\(number)", source, version))
            } else if random.oneIn(5) {
                try replica.delete(key)
            } else {
                try replica.set(key, "\(number)")
            }
        }
        return replica
    }

    private func agree(_ a: Replica, _ b: Replica, _ what: String) {
        check(a.walk() == b.walk(), "\(what): \(a.walk()) and \(b.walk())")
        check(a.vector == b.vector, "\(what): \(a.vector) and \(b.vector)")
        for replica in [a, b] { check(replica.broken == nil, "\(what): \(String(describing: replica.broken))") }
    }

    @Test("No datagram is larger than the capacity; from some capacity on all updates arrive", arguments: 0..<6)
    func everyCapacity(seed: Int) throws {
        for capacity in Array(1...40) + Array(stride(from: 41, through: 700, by: 7)) + [1200, 65_000] {
            var random = TestRandom(seed: UInt64(seed))
            let (a, b) = (
                try replica("a", &random, sources: 12, updates: 40), try replica("b", &random, sources: 3, updates: 10)
            )
            let pair = try Pair(a, b, .datagram)
            var unsent: [Failure] = []
            for _ in 0..<3 {
                pair.gossip()
                let exchange = carry(pair.a, pair.b, capacity: capacity)
                unsent += exchange.unsent
                check(exchange.isQuiet, "capacity \(capacity) never ends")
                check(exchange.refused.isEmpty, "capacity \(capacity): \(exchange.refused)")
            }
            check(unsent.allSatisfy { $0.code == .space || $0.code == .datagram }, "capacity \(capacity): \(unsent)")
            if capacity >= 400 {
                check(unsent.isEmpty, "capacity \(capacity): \(unsent)")
                agree(a, b, "seed \(seed), capacity \(capacity)")
            }
            if capacity < 100 { check(!unsent.isEmpty, "capacity \(capacity) suffices") }
        }
    }

    @Test("Lost and repeated, in rounds: in the end both are equal", arguments: 0..<60)
    func lossy(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let a = try replica("a", &random, sources: random.within(1...9), updates: random.below(80))
        let b = try replica("b", &random, sources: random.within(1...9), updates: random.below(80))
        let options: Link.Options = random.oneIn(2) ? .datagram : [.datagram, .live]
        let pair = try Pair(a, b, options)
        let (capacity, losses) = (random.within(400...2000), random.within(0...6))
        for _ in 0..<8 {
            if random.oneIn(2) { try a.set("k\(random.below(9))", "1") }
            if random.oneIn(2) { try b.delete("k\(random.below(9))") }
            if random.oneIn(3) { pair.gossip() } else { pair.a.link.gossip() }
            let exchange = carry(pair.a, pair.b, capacity: capacity) {
                random.below(10) < losses ? random.pick([0, 2]) : 1
            }
            check(exchange.isQuiet, "seed \(seed) never ends")
            check(exchange.refused.isEmpty, "seed \(seed): \(exchange.refused)")
            check(exchange.unsent.isEmpty, "seed \(seed): \(exchange.unsent)")
        }
        for _ in 0..<12 {
            pair.gossip()
            _ = carry(pair.a, pair.b, capacity: capacity)
        }
        agree(a, b, "seed \(seed)")
        pair.a.link.gossip()
        check(carry(pair.a, pair.b, capacity: capacity).datagrams.count == 2, "seed \(seed): in step, and not quiet")
    }

    @Test("An update that fits no datagram is reported with its key, once, and left out; the rest arrives")
    func tooLarge() throws {
        let (a, b) = (try Replica.make("a"), try Replica.make("b"))
        try a.receive(PlainUpdate("of x", "1", "x", 1))
        try a.set("small", "1")
        for mode in ["log", "state"] {
            // The second time the history has overflowed.
            let fillers = mode == "log" ? 0 : 20
            for number in 0..<fillers { try a.set("filler \(number)", "1") }
            let before = a.version
            let large = "\"\(mode)" + String(repeating: "x", count: 600) + "\""
            try a.set("large", large)
            try a.set("behind", mode == "log" ? "1" : "2")
            let pair = try Pair(a, b, .datagram)
            for round in 0..<3 {
                pair.gossip()
                let exchange = carry(pair.a, pair.b, capacity: 500)
                #expect(exchange.isQuiet)
                #expect(exchange.unsent.count == (round == 0 ? 1 : 0))
                #expect(exchange.unsent.allSatisfy { $0.code == .datagram && $0.detail.contains("key large") })
                #expect(try b.value("small") == "1")
                #expect(try b.value("of x") == "1")
                #expect(try b.value("large") != large)
                #expect(round == 0 || b.vector["a"] ?? 0 > before)
            }
            pair.close()
            // It arrives over a link with larger datagrams.
            let wide = try Pair(a, b, .datagram)
            wide.gossip()
            #expect(carry(wide.a, wide.b, capacity: 1400).unsent.isEmpty)
            agree(a, b, mode)
            wide.close()
        }
    }

    @Test("One malformed datagram in the middle of a delta does not stop it for ever", arguments: [false, true])
    func rubbish(isState: Bool) throws {
        let (a, b) = (try Replica.make("a") { $0.maxHistory = isState ? 1 : 1000 }, try Replica.make("b"))
        for number in 0..<60 { try a.set("k\(number)", "1") }
        let pair = try Pair(a, b, .datagram)
        pair.b.link.gossip()
        var count = 0
        for _ in 0..<100 {
            let (toB, toA) = (
                pair.a.readDatagrams(capacity: 500).datagrams, pair.b.readDatagrams(capacity: 500).datagrams
            )
            for datagram in toA { pair.a.write(datagram) }
            for datagram in toB {
                pair.b.write(datagram)
                count += 1
                if count == 5 { #expect(pair.b.write("rubbish") == .json) }
            }
            if toA.isEmpty, toB.isEmpty { break }
        }
        for _ in 0..<4 {
            pair.gossip()
            check(carry(pair.a, pair.b, capacity: 500).isQuiet, "it never ends")
        }
        agree(a, b, "with rubbish")
    }

    /// Returns the front of a datagram, half of the time up to the end of a line: then no line is bad.
    private func cut(_ datagram: [UInt8], _ random: inout TestRandom) -> [UInt8] {
        let front = datagram.prefix(random.within(1...datagram.count - 1))
        guard random.oneIn(2), let newline = front.lastIndex(of: 0x0a) else { return Array(front) }
        return Array(datagram[...newline])
    }

    @Test("The updates of a truncated datagram are sent again, in every kind of delta", arguments: 0..<60)
    func truncated(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let (a, b) = (try Replica.make("a") { $0.maxHistory = random.pick([1, 100]) }, try Replica.make("b"))
        for number in 0..<30 { try a.set("k\(number)", "\"\(number)\"") }
        if seed % 3 == 0 {
            // The keys that b lacks make the delta a reset.
            try a.delete("k0")
            _ = try a.purge()
        }
        let pair = try Pair(a, b, .datagram)
        for round in 0..<6 {
            pair.gossip()
            for _ in 0..<50 {
                let (toB, toA) = (
                    pair.a.readDatagrams(capacity: 500).datagrams, pair.b.readDatagrams(capacity: 500).datagrams
                )
                for datagram in toA { pair.a.write(datagram) }
                for datagram in toB {
                    let isCut = round < 3 && random.oneIn(4)
                    pair.b.write(isCut ? cut(datagram, &random) : datagram)
                }
                if toA.isEmpty, toB.isEmpty { break }
            }
        }
        agree(a, b, "seed \(seed)")
    }

    @Test("A datagram link has no peek, and is never classic")
    func unsupported() throws {
        let end = try LinkEnd(Replica.make(), .datagram)
        _ = end.peek()
        #expect(end.told?.code == .unsupported)
        #expect(failure { () throws(Failure) in _ = try end.replica.openLink([.datagram, .classic]) } == .argument)
    }
}
