import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Entries that have beaten something with a newer dot, and resets that take them away.
@Suite("Inverted")
struct InvertedTests {
    /// The write that stands, one that lost to it and was republished, and the delete that beats both.
    private static let write = PlainUpdate("k", "1", "m", 6)
    private static let beaten = PlainUpdate("k", "0", "c", 5).republished("x", 9)
    private static let delete = PlainUpdate(delete: "k", "n", 8)

    /// A replica that has had the write, and a delete of it, and has purged that.
    private func purging(_ name: String, seed: UInt64) throws -> Replica {
        let replica = try Replica.make(name, seed: seed)
        try replica.receive(Self.write)
        try replica.receive(Self.delete)
        #expect(try replica.purge() == 1)
        return replica
    }

    @Test("A beaten value inverts the entry, a beaten delete does not, but where a classic peer may take it")
    func inverts() throws {
        for (update, metClassic, isInverted) in [
            (Self.beaten, false, true), (Self.beaten, true, true),
            (PlainUpdate(expiry: PlainUpdate("k", "0", "c", 5), "x", 9), false, false),
            (PlainUpdate(expiry: PlainUpdate("k", "0", "c", 5), "x", 9), true, true),
        ] {
            let replica = try Replica.make("r")
            replica.hasMetClassic = metClassic
            try replica.receive(Self.write)
            try replica.receive(update)
            #expect(replica.entry("k") == Self.write)
            let stands = !replica.inversions.isEmpty
            #expect(stands == isInverted, "\(update), classic \(metClassic)")
        }
    }

    @Test("A tombstone that has beaten a newer dot reaches peers with an equal vector")
    func reachesEqualVectors() throws {
        let keeper = try Replica.make("r", seed: 1) { $0.keepsTombstones = true }
        try keeper.receive(Self.write)
        try keeper.receive(Self.delete)
        let other = try purging("p", seed: 2)
        try other.receive(Self.beaten)
        #expect(try other.value("k") == "0")
        for _ in 0..<4 { #expect(try meet(keeper, other) == nil) }
        #expect(try other.value("k") == nil)
        #expect(keeper.inversions.isEmpty && keeper.vectorHash == other.vectorHash)
    }

    @Test("What an inverted entry has beaten goes with it, everywhere", arguments: [false, true])
    func goes(reversed: Bool) throws {
        let told = Collected<PlainUpdate>()
        let replica = try Replica.make("r", seed: 1) { $0.onUpdate = { told.all.append(PlainUpdate($0)) } }
        try replica.receive(Self.write)
        try replica.receive(Self.beaten)
        let (first, second) = (try purging("p", seed: 2), try purging("q", seed: 3))
        // It has lost the write, so it takes what the write has beaten.
        try second.receive(Self.beaten)
        #expect(try second.value("k") == "0")
        let all = [replica, first, second]
        #expect(try meet(replica, first) == nil)
        #expect(replica.entry("k")?.write == PlainUpdate(expiry: Self.write, "r", 0).write)
        #expect(told.all.last?.kind == .reset)
        for _ in 0..<3 {
            for (a, b) in reversed ? [(second, first), (replica, second)] : [(first, second), (second, replica)] {
                #expect(try meet(a, b) == nil)
            }
            #expect(try meet(replica, first) == nil)
        }
        for other in all {
            #expect(try other.value("k") == nil)
            #expect(other.vectorHash == replica.vectorHash)
            #expect(other.broken == nil)
        }
    }

    @Test("A reset that takes an entry away from one who has met a classic peer overtakes no later write")
    func classic() throws {
        let replica = try Replica.make("r", seed: 1)
        replica.hasMetClassic = true
        try replica.receive(Self.write)
        try replica.receive(PlainUpdate("other", "1", "m", 20))
        let peer = try purging("p", seed: 2)
        try peer.receive(PlainUpdate("other", "1", "m", 20))
        #expect(try meet(replica, peer) == nil)
        let entry = try #require(replica.entry("k"))
        #expect(entry.write == PlainUpdate(expiry: Self.write, "r", 0).write)
        // Its dot is above all that a classic peer can have.
        #expect(replica.own.covered > 20)
        // A later write of another, that had not come yet.
        try replica.receive(PlainUpdate("k", "2", "n", 9))
        #expect(try replica.value("k") == "2")
        #expect(try meet(replica, peer) == nil)
        #expect(try peer.value("k") == "2")
        #expect(replica.broken == nil && peer.broken == nil)
    }
}
