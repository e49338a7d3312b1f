import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("RememberedPeers")
struct RememberedPeersTests {
    private func item(
        _ incarnation: UInt64, sources: Int = 0, transfer: StateTransfer? = nil, in replica: Replica
    ) -> RememberedPeers.Item {
        var peer = PeerState()
        peer.begin(incarnation: incarnation)
        for source in 0..<sources { peer.note(SourceID(source), covered: Version(source + 1), in: replica) }
        peer.endLink()
        return RememberedPeers.Item(peer: peer, transfer: transfer)
    }

    /// Returns a replica with this many sources besides its own.
    private func replica(sources: Int) throws -> Replica {
        let replica = try Replica.make { $0.limits.sources = sources + 1 }
        for number in 0..<sources {
            _ = try "s\(number)".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        }
        return replica
    }

    private func incarnations(_ peers: RememberedPeers) -> [UInt64] { peers.items.map { $0.peer.incarnation } }

    @Test("Over the limit of peers, the one that was added first is dropped")
    func count() throws {
        let replica = try Replica.make()
        var peers = RememberedPeers()
        for incarnation in 1...100 as ClosedRange<UInt64> {
            peers.remember(item(incarnation, in: replica))
            let first = incarnation > 64 ? incarnation - 63 : 1
            check(incarnations(peers) == Array(first...incarnation), "\(incarnation): \(incarnations(peers))")
        }
        // A peer that is seen again is the latest, and is there once.
        peers.remember(item(40, in: replica))
        #expect(incarnations(peers) == Array(37...39) + Array(41...100) + [40])
    }

    @Test(
        "Over the limit of claims, those of the peer that was seen longest ago are dropped; the latest stays",
        arguments: 0..<2)
    func claims(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try replica(sources: 30_000)
        var peers = RememberedPeers()
        var expected: [(incarnation: UInt64, sources: Int)] = []
        for incarnation in 1...24 as ClosedRange<UInt64> {
            let sources = random.pick([0, 1, 5000, random.below(20_000), 30_000])
            peers.remember(item(incarnation, sources: sources, in: replica))
            expected.append((incarnation, sources))
            while expected.count > 1, expected.reduce(0, { $0 + $1.sources }) > 1 << 16 { expected.removeFirst() }
            check(
                incarnations(peers) == expected.map { $0.incarnation },
                "seed \(seed), \(incarnation): \(incarnations(peers)), not \(expected)")
        }
    }

    @Test("A peer is removed once, with the progress of its deltas")
    func remove() throws {
        let replica = try replica(sources: 4)
        var peers = RememberedPeers()
        let transfer = StateTransfer(.state, kind: 1, from: 9, begun: 0)
        peers.remember(item(1, sources: 3, transfer: transfer, in: replica))
        peers.remember(item(2, in: replica))
        #expect(peers.remove(3) == nil)
        let taken = peers.remove(1)
        #expect(taken?.transfer === transfer)
        #expect(taken?.peer.confirmed(2, in: replica) == 3)
        #expect(peers.remove(1) == nil)
        #expect(incarnations(peers) == [2])
    }

    @Test("A reset that removes entries keeps the vectors of peers, and drops the progress of deltas")
    func dropTransfers() throws {
        let replica = try replica(sources: 4)
        var peers = RememberedPeers()
        for incarnation in 1...3 as ClosedRange<UInt64> {
            let transfer = StateTransfer(.state, kind: 1, from: incarnation, begun: 0)
            peers.remember(item(incarnation, sources: 2, transfer: transfer, in: replica))
        }
        peers.dropTransfers()
        #expect(peers.items.allSatisfy { $0.transfer == nil && $0.peer.confirmed(1, in: replica) == 2 })
    }

    @Test("A retired source is dropped, and known by its position to peers that had covered it")
    func retirement() throws {
        for isKept in [false, true] {
            let replica = try replica(sources: 4)
            var peers = RememberedPeers()
            let claims: [Version] = [0, 4, 5, 6]
            for (index, covered) in claims.enumerated() {
                let transfer = StateTransfer(.state, kind: 1, from: 1, begun: 0)
                "b".lend { name in
                    let claim = SourceClaim(source: name, covered: 7)
                    _ = transfer.apply(CommitPart(sequence: 9, from: 0, to: 1, isLast: false, claims: [claim]), [1], [])
                }
                var item = item(UInt64(index + 1), transfer: transfer, in: replica)
                if covered > 0 { item.peer.note(1, covered: covered, in: replica) }
                item.peer.note(2, covered: 8, in: replica)
                peers.remember(item)
            }
            let entry = RetiredTable.Entry(
                hash: SourceHash(low: 3, high: 4), version: 5, isPurged: false, isFinal: false)
            if isKept { replica.retired.insert(entry, at: 1) }
            peers.noteRetirement(of: 1, entry, at: isKept ? 0 : nil, in: replica)
            for (covered, item) in zip(claims, peers.items) {
                #expect(item.peer.confirmed(1, in: replica) == 0)
                #expect(item.peer.confirmed(2, in: replica) == 8)
                #expect(item.transfer?.claims.allSatisfy { $0.source != 1 } == true)
                let isKnown = isKept && covered >= 5
                let knows = item.peer.retired.knows(0, in: replica.retired)
                if isKept { check(knows == isKnown, "covered up to \(covered)") }
                check((item.memory != nil) == isKnown, "covered up to \(covered)")
                let isHeld = item.memory?.heldInFull.knows(0, in: replica.retired) ?? true
                check(isHeld)
            }
            // It is known in full again.
            guard isKept else { continue }
            peers.noteRevival(of: 3, entry, at: 0, in: replica)
            for (covered, item) in zip(claims, peers.items) {
                check(item.peer.confirmed(3, in: replica) == (covered >= 5 ? 5 : 0), "covered up to \(covered)")
            }
        }
    }

    @Test("A peer's confirmed vector stays for its next link; its expected one does not")
    func endOfLink() throws {
        let replica = try replica(sources: 9)
        var peer = PeerState()
        peer.begin(incarnation: 1)
        peer.note(3, covered: 5, in: replica)
        peer.note(8, covered: 7, purged: 4, in: replica)
        peer.note(9, covered: 0, purged: 2, in: replica)
        peer.expect(4, covered: 9, in: replica)
        (peer.nonce, peer.subscription) = (7, 7)
        peer.endLink()
        #expect(peer.covered(3, in: replica) == 5 && peer.covered(4, in: replica) == 0)
        #expect(peer.covered(8, in: replica) == 7 && peer.purged(8) == 4 && peer.purged(9) == 2)
        #expect(peer.highestPurged == 4 && peer.nonce == 0 && peer.subscription == 0)
    }

    @Test("A peer with everything, or with an earlier vector of this replica, counts for nothing")
    func inStep() throws {
        let replica = try replica(sources: 500)
        for source in 1...500 as ClosedRange<SourceID> { replica.cover(source, upTo: 3) }
        var peers = RememberedPeers()
        for incarnation in 1...60 as ClosedRange<UInt64> {
            var peer = PeerState()
            peer.begin(incarnation: incarnation)
            peer.equals(replica, epoch: 0, revision: 4)
            peers.remember(RememberedPeers.Item(peer: peer))
            replica.cover(7, upTo: replica.version + 1)
        }
        for (index, item) in peers.items.enumerated() {
            #expect(item.peer.claimCount == 0)
            #expect(item.peer.confirmed(7, in: replica) == Version(3 + index))
            #expect(item.peer.confirmed(500, in: replica) == 3)
        }
    }

    @Test(
        "The vector of a peer that knows scattered retired sources is requested again, rather than remembered with many bits"
    )
    func manyRetirements() throws {
        let replica = try replica(sources: 5000)
        for source in 1...5000 as ClosedRange<SourceID> { replica.cover(source, upTo: 1) }
        var peers = RememberedPeers()
        let transfer = StateTransfer(.state, kind: 1, from: 9, begun: 0)
        var known = item(1, transfer: transfer, in: replica)
        known.peer.equals(replica, epoch: 0, revision: 4)
        peers.remember(known)
        // It does not know the first one, and so not all up to a position.
        for source in 0...5000 as ClosedRange<SourceID> {
            let hash = SourceHash(low: UInt64(source), high: 0)
            let entry = RetiredTable.Entry(hash: hash, version: 1, isPurged: false, isFinal: false)
            replica.retired.insert(entry, at: UInt64(source) + 1)
            peers.noteRetirement(of: source, entry, at: Int(source), in: replica)
            let isKnown = peers.items[0].peer.isKnown(at: 4, of: 0)
            #expect(isKnown == (source < 4096))
            let knows = peers.items[0].peer.retired.knows(Int(source), in: replica.retired)
            #expect(knows == (isKnown && source > 0))
        }
        #expect(peers.items[0].transfer === transfer)
        #expect(peers.items[0].memory == nil && peers.items[0].peer.claimCount == 0)
    }
}
