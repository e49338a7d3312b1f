import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Keys with a time to live.
@Suite("Expiring")
struct ExpiringTests {
    private func set(_ replica: Replica, _ key: String, _ value: String, for lifetime: UInt64) throws(Failure) {
        try key.lend { (key) throws(Failure) in
            try value.lend { (value) throws(Failure) in try replica.set(key, to: value, for: lifetime) }
        }
    }

    private func lease(_ replica: Replica, _ key: String) -> (ttl: UInt64, age: UInt64)? {
        key.lend { key in
            let lease = replica.keys.find(key).flatMap { replica.keys[$0] }?.lease
            return lease.map { ($0.timeToLive, $0.age(at: replica.leases.time)) }
        }
    }

    private static let write = PlainUpdate("k", "1", "a", 1)

    @Test("A key expires with the first tick at or behind its time, and not before; peers receive an expiry")
    func expires() throws {
        let told = Collected<PlainUpdate>()
        let replica = try Replica.make("a") { $0.onUpdate = { told.all.append(PlainUpdate($0)) } }
        try replica.tick(100)
        try set(replica, "k", "1", for: 50)
        try replica.tick(149)
        #expect(try replica.value("k") == "1")
        try replica.tick(150)
        #expect(try replica.value("k") == nil)
        let expiry = PlainUpdate(expiry: Self.write, "a", 2)
        #expect(replica.entry("k") == expiry)
        #expect(told.all == [Self.write, expiry])
        let other = try Replica.make("b")
        #expect(try meet(replica, other) == nil)
        #expect(try other.value("k") == nil)
        #expect(replica.broken == nil)
    }

    @Test("Time does not go back, and a time to live beyond all time never ends")
    func time() throws {
        let replica = try Replica.make("a")
        try replica.tick(100)
        try replica.tick(50)
        #expect(replica.leases.hostTime == 100)
        try set(replica, "at once", "1", for: 0)
        try set(replica, "long", "1", for: .highest)
        for (number, lifetime) in ([.max, .max - 100, .highest + 1] as [UInt64]).enumerated() {
            try set(replica, "never \(number)", "1", for: lifetime)
        }
        try replica.tick(100)
        #expect(replica.walk().map(\.key.text) == ["long", "never 0", "never 1", "never 2"])
        try replica.tick(.max)
        #expect(replica.walk().map(\.key.text) == ["never 0", "never 1", "never 2"])
        // The host's time is at its end, so no time to live ends any more.
        try set(replica, "at the end", "1", for: 1)
        try replica.tick(.max)
        #expect(try replica.value("at the end") == "1")
        #expect(replica.broken == nil)
    }

    @Test(
        "The first tick starts the time to live of keys that were set before it", arguments: [0, 1, 1_700_000_000_000])
    func firstTick(first: UInt64) throws {
        let (a, b) = (try Replica.make("a"), try Replica.make("b", seed: 2))
        try set(a, "k", "1", for: 30)
        #expect(try meet(a, b) == nil)
        for (replica, most) in [(a, 30), (b, 60)] as [(Replica, UInt64)] {
            try replica.tick(first)
            try replica.tick(first + 29)
            #expect(try replica.value("k") == "1")
            try replica.tick(first + most)
            #expect(try replica.value("k") == nil)
        }
    }

    @Test("A jump of the host's time ends the times to live that are due by then, and no others")
    func jump() throws {
        let replica = try Replica.make("a")
        try replica.tick(5)
        try set(replica, "k", "1", for: 1 << 40)
        try set(replica, "l", "1", for: (1 << 40) + 1)
        try replica.tick(5 + (1 << 40))
        #expect(replica.walk().map(\.key.text) == ["l"])
    }

    @Test("An overwritten value does not expire, whoever overwrote it")
    func writtenOver() throws {
        let replica = try Replica.make("a")
        try replica.tick(0)
        for key in ["again", "by a peer", "deleted", "longer", "shorter"] { try set(replica, key, "1", for: 10) }
        try replica.set("again", "2")
        try replica.receive(PlainUpdate("by a peer", "2", "x", 50))
        try replica.delete("deleted")
        try set(replica, "longer", "2", for: 20)
        try set(replica, "shorter", "2", for: 5)
        try replica.tick(5)
        #expect(try replica.value("shorter") == nil)
        try replica.tick(15)
        #expect(replica.walk().map(\.key.text) == ["again", "by a peer", "longer"])
        #expect(replica.entry("deleted")?.kind == .delete)
        try replica.tick(20)
        #expect(replica.walk().map(\.key.text) == ["again", "by a peer"])
        #expect(replica.broken == nil)
    }

    @Test("As a table of times, under random writes and ticks", arguments: 0..<20)
    func model(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try Replica.make("a")
        var model: [String: UInt64?] = [:]
        var now: UInt64 = 0
        try replica.tick(0)
        for _ in 0..<600 {
            let key = "k\(random.below(25))"
            switch random.below(10) {
            case 0...4:
                let lifetime = UInt64(random.below(60))
                try set(replica, key, "1", for: lifetime)
                model[key] = .some(now + lifetime)
            case 5:
                try replica.set(key, "1")
                model[key] = .some(nil)
            case 6:
                try replica.delete(key)
                model[key] = nil
            default:
                now += UInt64(random.below(15))
                try replica.tick(now)
                model = model.filter { $0.value.map { $0 > now } ?? true }
            }
            let mine = replica.walk().map(\.key.text)
            check(mine == model.keys.sorted(), "seed \(seed) at \(now): \(mine), not \(model.keys.sorted())")
            check(replica.expiries.items.count <= 2 * model.count + 100, "the heap grows")
        }
        #expect(replica.broken == nil)
    }

    @Test("Without free versions, due keys stay due; a replica that has left deletes nothing")
    func exhausted() throws {
        let replica = try Replica.make("a") { $0.limits.versionJump = .max }
        try replica.tick(0)
        try set(replica, "k", "1", for: 5)
        try replica.receive(PlainUpdate("l", "1", "x", .highest))
        for _ in 0..<2 {
            #expect(failure { () throws(Failure) in try replica.tick(9) } == .exhausted)
            #expect(try replica.value("k") == "1")
        }
        let left = try Replica.make("a")
        try left.tick(0)
        try set(left, "k", "1", for: 5)
        #expect("a".lend { left.retireName($0) })
        try left.tick(9)
        #expect(try left.value("k") == "1")
        #expect(replica.broken == nil && left.broken == nil)
    }

    @Test(
        "Resolvers under which null may lose have no times to live, and count none of a peer's; all others pass them on"
    )
    func resolvers() throws {
        for resolver in [Resolver.orderedValues { _, _ in 0 }, .host { _, _ in true }] {
            let replica = try Replica.make("a") { $0.resolver = resolver }
            #expect(failure { () throws(Failure) in try set(replica, "k", "1", for: 5) } == .unsupported)
            #expect(failure { () throws(Failure) in try set(replica, "k", "1", for: .max) } == nil)
            let update = PlainUpdate("l", "1", "x", 9).living(for: 50, age: 3)
            try replica.receive(update)
            try replica.tick(0)
            try replica.tick(1000)
            #expect(try replica.value("l") == "1")
            #expect(replica.exported().text.contains(#""version":9,"ttl":50,"age":1003}"#))
            #expect(replica.broken == nil)
        }
    }

    // MARK: Other replicas

    @Test("If the writer is gone, a peer deletes the key: after half as long again and a random part, less than half")
    func writerIsGone() throws {
        var ends: Set<UInt64> = []
        for seed in 0..<40 as Range<UInt64> {
            let replica = try Replica.make("b", seed: seed)
            try replica.tick(1000)
            try replica.receive(Self.write.living(for: 100))
            var now: UInt64 = 1149
            try replica.tick(now)
            #expect(try replica.value("k") == "1")
            while try replica.value("k") != nil {
                now += 1
                try replica.tick(now)
            }
            #expect(now >= 1150 && now < 1200)
            ends.insert(now)
            #expect(replica.entry("k") == PlainUpdate(expiry: Self.write, "b", 2))
        }
        #expect(ends.count > 15)
    }

    @Test("The time that a relay has counted counts: a key does not live on by being passed on")
    func handedOn() throws {
        var replica = try Replica.make("b")
        try replica.receive(Self.write.living(for: 100))
        // Each keeps the key for half of the time, by a clock of its own.
        for number in 1...10 {
            try replica.tick(UInt64(number) * 1_000_000)
            try replica.tick(UInt64(number) * 1_000_000 + 50)
            let next = try Replica.make("c\(number)", seed: UInt64(number))
            #expect(try meet(replica, next) == nil)
            if try next.value("k") == nil {
                #expect(number >= 3 && number <= 4)
                return
            }
            #expect(lease(next, "k")?.age == UInt64(number) * 50)
            replica = next
        }
        #expect(Bool(false), "it lives for ever")
    }

    @Test("Expiries of one write by several replicas are one, and on_update is called once", arguments: [false, true])
    func twins(reversed: Bool) throws {
        let told = Collected<PlainUpdate>()
        let replicas = try ["a", "b", "c"].enumerated().map { number, name in
            try Replica.make(name, seed: UInt64(number + 1)) {
                $0.keepsTombstones = true
                if name == "c" { $0.onUpdate = { told.all.append(PlainUpdate($0)) } }
            }
        }
        let (a, b, c) = (replicas[0], replicas[1], replicas[2])
        for replica in replicas { try replica.tick(0) }
        try set(a, "k", "1", for: 100)
        for other in [b, c] { #expect(try meet(a, other) == nil) }
        for replica in replicas { try replica.tick(200) }
        for (one, other) in reversed ? [(c, b), (b, a), (c, b), (c, a)] : [(a, b), (b, c), (a, b), (a, c)] {
            #expect(try meet(one, other) == nil)
        }
        for replica in replicas {
            #expect(replica.entry("k")?.write == PlainUpdate(expiry: Self.write, "a", 0).write)
            #expect(replica.entry("k") == a.entry("k"))
            #expect(replica.fingerprint == a.fingerprint)
            #expect(replica.broken == nil)
        }
        #expect(told.all.map(\.kind) == [.value, .expiry])
    }

    @Test("An expiry ends no renewal, although its dot is newer, in any order of arrival")
    func renewal() throws {
        let renewed = PlainUpdate("k", "2", "a", 5).living(for: 100)
        let expiry = PlainUpdate(expiry: Self.write, "b", 9)
        let (delete, older) = (PlainUpdate(delete: "k", "x", 2), PlainUpdate("k", "0", "0", 1))
        let all = [Self.write.living(for: 100), renewed, expiry, delete, older, expiry.republished("c", 12)]
        for seed in 0..<60 {
            var random = TestRandom(seed: UInt64(seed))
            let (replica, without) = (try Replica.make("d"), try Replica.make("d"))
            var left = all
            while !left.isEmpty {
                let update = left.remove(at: random.below(left.count))
                #expect(failure { () throws(Failure) in try replica.receive(update) } == nil)
                if update != renewed, update != delete { try without.receive(update) }
            }
            #expect(replica.entry("k")?.write == PlainUpdate("k", "2", "a", 5))
            #expect(without.entry("k") == expiry.republished("c", 12))
            #expect(replica.broken == nil && without.broken == nil)
        }
    }

    @Test("A copy with a newer dot than the expiry does not return after the purge of the expiry")
    func inverted() throws {
        let (a, b) = (try Replica.make("a", seed: 1), try Replica.make("b", seed: 2))
        let expiry = PlainUpdate(expiry: Self.write, "x", 4)
        try a.receive(expiry)
        try a.receive(Self.write.republished("y", 8).living(for: 50))
        #expect(a.entry("k") == expiry)
        let isInverted = !a.inversions.isEmpty
        #expect(isInverted)
        #expect(try a.purge() == 1)
        #expect(a.highestPurged > 8)
        try b.receive(Self.write.republished("y", 8).living(for: 50))
        #expect(try meet(a, b) == nil)
        #expect(try meet(b, a) == nil)
        #expect(try a.value("k") == nil && b.value("k") == nil)
    }

    @Test("A key that holds null ends in an expiry, with its callback")
    func null() throws {
        let told = Collected<PlainUpdate>()
        let replica = try Replica.make("a") { $0.onUpdate = { told.all.append(PlainUpdate($0)) } }
        try replica.tick(0)
        try set(replica, "k", "null", for: 1)
        try replica.tick(1)
        #expect(told.all.map(\.kind) == [.value, .expiry])
    }

    // MARK: Saves, incarnations, republishing

    @Test(
        "An export has the rest of each time: the next start continues by its clock, and another name does not"
    )
    func exported() throws {
        let replica = try Replica.make("a")
        try replica.tick(100)
        try set(replica, "k", "1", for: 50)
        try set(replica, "over", "1", for: 50)
        try replica.set("over", "2")
        try replica.tick(110)
        let again = try Replica.make("a")
        #expect(try again.load(replica.exported()))
        try again.tick(149)
        #expect(again.walk().map(\.key.text) == ["k", "over"])
        try again.tick(150)
        #expect(again.walk().map(\.key.text) == ["over"])
        // A clock that has started anew.
        for (name, first, most) in [("a", 7, 40), ("b", 7, 90), ("b", 9_000_000, 90)] as [(String, UInt64, UInt64)] {
            let other = try Replica.make(name)
            #expect(try other.load(replica.exported()))
            #expect(lease(other, "k")?.age == 10)
            try other.tick(first)
            try other.tick(first + 39)
            #expect(other.walk().map(\.key.text) == ["k", "over"])
            try other.tick(first + most)
            #expect(other.walk().map(\.key.text) == ["over"])
            #expect(other.broken == nil)
        }
    }

    @Test("The next incarnation of the writer's name deletes when the time has ended")
    func nextIncarnation() throws {
        let first = try Replica.start("a", seed: 1)
        try first.tick(0)
        try set(first, "k", "1", for: 100)
        let second = try Replica.start("a", seed: 2)
        #expect(try meet(first, second) == nil)
        try second.tick(0)
        try second.tick(99)
        #expect(try second.value("k") == "1")
        try second.tick(100)
        #expect(try second.value("k") == nil)
        #expect(try meet(first, second) == nil)
        #expect(try first.value("k") == nil)
    }

    @Test("A time to live that is republished after a reset keeps its time, in both replicas")
    func republished() throws {
        let (a, b) = (try Replica.make("a", seed: 1), try Replica.make("b", seed: 2))
        for replica in [a, b] { try replica.tick(0) }
        try a.set("x", "1")
        #expect(try meet(a, b) == nil)
        try set(b, "k", "1", for: 50)
        try b.tick(20)
        for _ in 0..<5 { try a.delete("x") }
        #expect(try a.purge() == 1)
        for _ in 0..<2 { #expect(try meet(a, b) == nil) }
        #expect(b.entry("k")?.written != nil)
        #expect(lease(a, "k")?.age == 20 && lease(b, "k")?.age == 20)
        // The writer's host ticks no more.
        try a.tick(54)
        #expect(try a.value("k") == "1")
        try a.tick(80)
        #expect(try a.value("k") == nil)
        #expect(try meet(a, b) == nil)
        #expect(try b.value("k") == nil)
        #expect(a.broken == nil && b.broken == nil)
    }

    @Test("A copy does not restart the time, whatever its age")
    func copies() throws {
        let replica = try Replica.make("b")
        try replica.tick(0)
        try replica.receive(Self.write.living(for: 100))
        try replica.tick(60)
        try replica.receive(Self.write.republished("c", 5).living(for: 100))
        #expect(lease(replica, "k")?.age == 60)
        try replica.receive(Self.write.republished("c", 6).living(for: 100, age: 80))
        #expect(lease(replica, "k")?.age == 80)
        try replica.receive(Self.write.republished("c", 7).living(for: 100, age: .highest))
        try replica.tick(60)
        #expect(try replica.value("k") == nil)
        #expect(replica.broken == nil)
    }
}
