import Testing

@testable import Scuttle

/// Keys with a time to live.
@Suite("Expiring")
struct ExpiringTests {
    private func set(_ replica: Replica, _ key: String, _ value: String, for lifetime: UInt64) throws(Failure) {
        try key.lend { (key) throws(Failure) in
            try value.lend { (value) throws(Failure) in try replica.set(key, to: value, for: lifetime) }
        }
    }

    @Test("Deleted with the first tick at or behind its time, and not before; peers learn of an expiry")
    func expires() throws {
        let told = Collected<PlainUpdate>()
        let replica = try Replica.make("a") { $0.onUpdate = { told.all.append(PlainUpdate($0)) } }
        try replica.tick(100)
        try set(replica, "k", "1", for: 50)
        try replica.tick(149)
        #expect(try replica.value("k") == "1")
        try replica.tick(150)
        #expect(try replica.value("k") == nil)
        #expect(replica.entry("k") == PlainUpdate(expiry: "k", "a", 2))
        #expect(told.all == [PlainUpdate("k", "1", "a", 1), PlainUpdate(expiry: "k", "a", 2)])
        let other = try Replica.make("b")
        #expect(try meet(replica, other) == nil)
        #expect(try other.value("k") == nil)
        #expect(replica.broken == nil)
    }

    @Test("Time does not go back, and a time beyond all time never comes")
    func time() throws {
        let replica = try Replica.make("a")
        try replica.tick(100)
        try replica.tick(50)
        #expect(replica.now == 100)
        try set(replica, "at once", "1", for: 0)
        for (number, lifetime) in ([.max, .max - 100, UInt64(Int64.max)] as [UInt64]).enumerated() {
            try set(replica, "never \(number)", "1", for: lifetime)
        }
        try replica.tick(.max)
        #expect(replica.walk().map(\.key.text) == ["never 0", "never 1", "never 2"])
    }

    @Test("What was written over, by whom ever, does not expire")
    func writtenOver() throws {
        let replica = try Replica.make("a")
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

    @Test("When versions run out, what is due stays, and is due again")
    func exhausted() throws {
        let replica = try Replica.make("a") { $0.limits.versionJump = .max }
        try set(replica, "k", "1", for: 5)
        try replica.receive(PlainUpdate("l", "1", "x", .highest))
        for _ in 0..<2 {
            #expect(failure { () throws(Failure) in try replica.tick(9) } == .exhausted)
            #expect(try replica.value("k") == "1")
        }
        #expect(replica.broken == nil)
    }

    @Test("Times to live go with an export to the next incarnation of the name, and to no other")
    func exported() throws {
        let replica = try Replica.make("a")
        try replica.tick(100)
        try set(replica, "k", "1", for: 50)
        try set(replica, "over", "1", for: 50)
        try replica.set("over", "2")
        for (id, expected) in [("a", ["over"]), ("b", ["k", "over"])] {
            let again = try Replica.make(id)
            #expect(try again.load(replica.exported()))
            try again.tick(149)
            #expect(again.walk().map(\.key.text) == ["k", "over"])
            try again.tick(150)
            #expect(again.walk().map(\.key.text) == expected)
            #expect(again.broken == nil)
        }
    }

    @Test("A time to live that is published again after a reset keeps its time")
    func republished() throws {
        let (a, b) = (try Replica.make("a", seed: 1), try Replica.make("b", seed: 2))
        try a.set("x", "1")
        #expect(try meet(a, b) == nil)
        try set(b, "k", "1", for: 50)
        for _ in 0..<5 { try a.delete("x") }
        #expect(try a.purge() == 1)
        for _ in 0..<2 { #expect(try meet(a, b) == nil) }
        #expect(b.entry("k")?.version ?? 0 > 2)
        try b.tick(49)
        #expect(try b.value("k") == "1")
        try b.tick(50)
        #expect(try b.value("k") == nil)
        #expect(try meet(a, b) == nil)
        #expect(try a.value("k") == nil)
    }
}
