import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("PeerState")
struct PeerStateTests {
    private func part(
        _ from: Int, _ to: Int, last: Bool = false, incarnation: UInt64 = 7, epoch: UInt64 = 0, since: UInt64 = 0,
        until: UInt64 = 9
    ) -> VectorPart {
        VectorPart(
            incarnation: incarnation, epoch: epoch, nonce: 3, since: since, until: until, from: from, to: to,
            isLast: last, lamport: 0,
            progress: nil, claims: [])
    }

    private func peer() -> PeerState {
        var peer = PeerState()
        peer.begin(incarnation: 7)
        return peer
    }

    @Test(
        "Parts of two epochs, in any order, lost and repeated: complete only if all of one epoch have arrived in order")
    func everyOrder() {
        let parts = [0, 1].flatMap { epoch in (0..<3).map { part($0, $0 + 1, last: $0 == 2, epoch: epoch) } }
        withEvery(upTo: 6, over: Array(0..<parts.count)) { numbers in
            var mine = peer()
            // The progress of the present epoch's request, naively.
            var (epoch, arrived): (UInt64, Int) = (0, 0)
            for number in numbers {
                let part = parts[number]
                let isNewer = part.epoch > epoch
                if part.epoch >= epoch, isNewer { (epoch, arrived) = (part.epoch, 0) }
                let follows = part.epoch == epoch && part.from <= arrived
                let applied = mine.apply(part)
                check(applied == follows, "\(numbers): part \(number) is applied: \(applied)")
                guard follows else { continue }
                arrived = part.isLast ? 0 : max(arrived, part.to)
                check(mine.next == arrived, "\(numbers): next is \(mine.next), not \(arrived)")
                check(mine.epoch == epoch, "\(numbers): epoch \(mine.epoch)")
                if part.isLast { check(mine.revision == 9, "\(numbers): revision \(mine.revision)") }
            }
        }
    }

    @Test("A revision is complete with the last part, and as old as the oldest part")
    func revisions() {
        var mine = peer()
        check(mine.apply(part(0, 2, until: 8)))
        check(mine.apply(part(2, 3, until: 12)))
        #expect(mine.revision == 0)
        check(mine.apply(part(3, 4, last: true, until: 10)))
        #expect(mine.revision == 8)
        // Changes since a revision that is unknown here are of no use.
        let tooLate = mine.apply(part(0, 4, last: true, since: 9, until: 20))
        #expect(!tooLate)
        check(mine.apply(part(0, 4, last: true, since: 8, until: 20)))
        #expect(mine.revision == 20)
        // A late part of an old request changes nothing.
        check(mine.apply(part(0, 4, last: true, until: 3)))
        #expect(mine.revision == 20)
    }

    /// Returns a replica with this many sources besides its own.
    private func replica(sources: Int) throws -> Replica {
        let replica = try Replica.make()
        for number in 0..<sources {
            _ = try "s\(number)".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        }
        return replica
    }

    @Test("Another incarnation is another vector")
    func incarnations() throws {
        let replica = try replica(sources: 4)
        var mine = peer()
        mine.note(3, covered: 5, purged: 2, in: replica)
        check(mine.apply(part(0, 4, last: true)))
        let other = mine.apply(part(0, 4, last: true, incarnation: 8))
        #expect(!other)
        mine.begin(incarnation: 7)
        #expect(mine.covered(3, in: replica) == 5)
        mine.begin(incarnation: 8)
        #expect(mine.covered(3, in: replica) == 0)
        #expect(mine.purged(3) == 0)
        #expect(mine.highestPurged == 0)
        #expect(mine.revision == 0)
        check(mine.apply(part(0, 4, last: true, incarnation: 8)))
    }

    @Test("Confirmed versions stay; expected ones are dropped when the peer sends its vector anew", arguments: 0..<20)
    func claims(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try replica(sources: 9)
        var mine = peer()
        var (confirmed, expected, purged): ([Version], [Version], [Version]) = (
            [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]
        )
        for _ in 0..<200 {
            let source = random.below(4)
            let version = Version(random.below(50))
            switch random.below(5) {
            case 0...1:
                mine.expect(SourceID(source), covered: version, in: replica)
                expected[source] = max(expected[source], version)
            case 2...3:
                let gcVersion = Version(random.below(Int(version) + 1))
                mine.note(SourceID(source), covered: version, purged: gcVersion, in: replica)
                confirmed[source] = max(confirmed[source], version)
                purged[source] = max(purged[source], gcVersion)
            default:
                let isLast = random.oneIn(2)
                check(mine.apply(part(0, 4, last: isLast)), "a part that begins at 0")
                if isLast { expected = [0, 0, 0, 0] }
            }
            for number in 0..<4 {
                let id = SourceID(number)
                let covered = mine.covered(id, in: replica)
                check(covered == max(confirmed[number], expected[number]), "covered \(covered)")
                check(mine.purged(id) == purged[number], "purged \(mine.purged(id))")
            }
            check(mine.highestPurged == purged.max(), "highest \(mine.highestPurged)")
            check(mine.covered(9, in: replica) == 0 && mine.purged(9) == 0, "a source that nothing was said of")
        }
    }

    @Test("Lagging: one of the two has purged a tombstone that the other may lack; every small case")
    func lagging() throws {
        for (covered, purged) in [(0, 0), (2, 0), (2, 1), (2, 2), (3, 2)] as [(Version, Version)] {
            for (theirs, theirPurged) in [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 3)] as [(Version, Version)] {
                let replica = try Replica.make()
                replica.cover(replica.own, upTo: covered)
                replica.notePurged(replica.own, purged)
                var peer = peer()
                peer.note(0, covered: theirs, purged: theirPurged, in: replica)
                let (lags, isAhead) = (peer.lags(behind: replica), peer.isAhead(of: replica))
                let what = "\(covered),\(purged) against \(theirs),\(theirPurged)"
                check(lags == (purged > max(theirs, theirPurged)), "\(what): lags \(lags)")
                check(isAhead == (theirPurged > max(covered, purged)), "\(what): ahead \(isAhead)")
            }
        }
    }

    @Test("A peer with the same retired sources has purged nothing of others")
    func sameRetired() throws {
        let replica = try Replica.make()
        var peer = peer()
        peer.notePurged(4)
        let before = peer.isAhead(of: replica)
        peer.noteSameRetired(in: replica.retired)
        let after = peer.isAhead(of: replica)
        check(before && !after, "\(before), then \(after)")
    }

    @Test("A peer with the same hash has the same vector")
    func equal() throws {
        let replica = try Replica.make()
        try replica.receive(PlainUpdate("k", "1", "a", 4))
        var peer = peer()
        _ = peer.apply(part(0, 1))
        peer.equals(replica, epoch: 3, revision: 11)
        #expect(peer.covered(1, in: replica) == 4)
        #expect(peer.epoch == 3)
        #expect(peer.revision == 11)
        #expect(peer.next == 0)
    }

    @Test("An invalidated peer keeps its incarnation and its request, and sends its whole vector anew")
    func invalidated() throws {
        let replica = try replica(sources: 4)
        var mine = peer()
        mine.nonce = 12
        mine.note(3, covered: 5, purged: 2, in: replica)
        check(mine.apply(part(0, 4, last: true, epoch: 2)))
        mine.invalidate()
        #expect(mine.incarnation == 7)
        // The epoch may have been altered on its way, too.
        #expect(mine.epoch == 0)
        #expect(mine.nonce == 12)
        #expect(mine.revision == 0)
        #expect(mine.covered(3, in: replica) == 0)
        #expect(mine.highestPurged == 0)
        let tooLate = mine.apply(part(0, 4, last: true, epoch: 2, since: 1))
        #expect(!tooLate)
        check(mine.apply(part(0, 4, last: true, epoch: 2)))
        // Vectors that were equal before are compared again.
        try replica.receive(PlainUpdate("k", "1", "s0", 4))
        mine.equals(replica, epoch: 2, revision: 11)
        mine.invalidate()
        #expect(mine.covered(1, in: replica) == 0)
        mine.equals(replica, epoch: 2, revision: 11)
        #expect(mine.covered(1, in: replica) == 4)
    }
}
