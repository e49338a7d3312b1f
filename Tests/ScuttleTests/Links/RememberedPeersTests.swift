import Testing

@testable import Scuttle

@Suite("RememberedPeers")
struct RememberedPeersTests {
    private func item(_ incarnation: UInt64, sources: Int = 0, transfer: StateTransfer? = nil) -> RememberedPeers.Item {
        var peer = PeerState()
        peer.begin(incarnation: incarnation)
        for source in 0..<sources { peer.note(SourceID(source), covered: Version(source + 1)) }
        let claims = peer.endLink()
        return RememberedPeers.Item(peer: peer, claims: claims, transfer: transfer)
    }

    private func incarnations(_ peers: RememberedPeers) -> [UInt64] { peers.items.map { $0.peer.incarnation } }

    @Test("Of more peers than are remembered the one that was heard of longest ago goes")
    func count() {
        var peers = RememberedPeers()
        for incarnation in 1...100 as ClosedRange<UInt64> {
            peers.remember(item(incarnation))
            let first = incarnation > 64 ? incarnation - 63 : 1
            check(incarnations(peers) == Array(first...incarnation), "\(incarnation): \(incarnations(peers))")
        }
        // One that is heard of again is the latest, and there once.
        peers.remember(item(40))
        #expect(incarnations(peers) == Array(37...39) + Array(41...100) + [40])
    }

    @Test(
        "Of more claims than are remembered those of the peer that was heard of longest ago go; the latest stays",
        arguments: 0..<10)
    func claims(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var peers = RememberedPeers()
        var expected: [(incarnation: UInt64, sources: Int)] = []
        for incarnation in 1...40 as ClosedRange<UInt64> {
            let sources = random.pick([0, 1, 500, 5000, random.below(20_000), random.oneIn(8) ? 70_000 : 3])
            peers.remember(item(incarnation, sources: sources))
            expected.append((incarnation, sources))
            while expected.count > 1, expected.reduce(0, { $0 + $1.sources }) > 1 << 16 { expected.removeFirst() }
            check(
                incarnations(peers) == expected.map { $0.incarnation },
                "seed \(seed), \(incarnation): \(incarnations(peers)), not \(expected)")
        }
    }

    @Test("A peer is taken once, with what has come of its deltas")
    func take() {
        var peers = RememberedPeers()
        let transfer = StateTransfer(.state, kind: 1, from: 9, begun: 0)
        peers.remember(item(1, sources: 3, transfer: transfer))
        peers.remember(item(2))
        #expect(peers.take(3) == nil)
        let taken = peers.take(1)
        #expect(taken?.transfer === transfer)
        #expect(taken?.claims.covered(2) == 3)
        #expect(peers.take(1) == nil)
        #expect(incarnations(peers) == [2])
    }

    @Test("A reset that takes entries away leaves what is known of vectors, and nothing of deltas")
    func dropTransfers() {
        var peers = RememberedPeers()
        for incarnation in 1...3 as ClosedRange<UInt64> {
            let transfer = StateTransfer(.state, kind: 1, from: incarnation, begun: 0)
            peers.remember(item(incarnation, sources: 2, transfer: transfer))
        }
        peers.dropTransfers()
        #expect(peers.items.allSatisfy { $0.transfer == nil && $0.claims.covered(1) == 2 })
    }

    @Test("A source that is retired is forgotten, and known by its position to those that had covered it")
    func retirement() throws {
        for isKept in [false, true] {
            var peers = RememberedPeers()
            let claims: [Version] = [0, 4, 5, 6]
            for (index, covered) in claims.enumerated() {
                let transfer = StateTransfer(.state, kind: 1, from: 1, begun: 0)
                "b".lend { name in
                    let claim = CommitClaim(source: name, since: 0, covered: 7, purged: 0)
                    _ = transfer.take(CommitPart(sequence: 9, from: 0, to: 1, isLast: false, claims: [claim]), [1], [])
                }
                var item = item(UInt64(index + 1), transfer: transfer)
                if covered > 0 { item.claims.append(1, covered: covered, purged: 0) }
                item.claims.append(2, covered: 8, purged: 0)
                peers.remember(item)
            }
            var table = RetiredTable(key: 1)
            let entry = RetiredTable.Entry(
                hash: SourceHash(low: 3, high: 4), version: 5, isPurged: false, isFinal: false)
            if isKept { table.insert(entry, at: 1) }
            peers.noteRetirement(of: 1, entry, at: isKept ? 0 : nil, in: table)
            for (covered, item) in zip(claims, peers.items) {
                #expect(item.claims.covered(1) == 0)
                #expect(item.claims.covered(2) == 8)
                #expect(item.transfer?.claims.allSatisfy { $0.source != 1 } == true)
                let isKnown = isKept && covered >= 5
                if isKept { check(item.peer.retired.knows(0, in: table) == isKnown, "covered up to \(covered)") }
                check((item.memory != nil) == isKnown, "covered up to \(covered)")
                if let memory = item.memory { check(memory.heldInFull.knows(0, in: table)) }
            }
            // It is known in full again.
            guard isKept else { continue }
            peers.noteRevival(of: 3, entry, at: 0, in: table)
            for (covered, item) in zip(claims, peers.items) {
                check(item.claims.covered(3) == (covered >= 5 ? 5 : 0), "covered up to \(covered)")
            }
        }
    }

    @Test("What is known of a peer's vector is the same on its next link, whatever numbers its sources have")
    func packing() {
        var peer = PeerState()
        peer.begin(incarnation: 1)
        peer.note(3, covered: 5)
        peer.note(60_000, covered: 7, purged: 4)
        peer.note(60_001, covered: 0, purged: 2)
        peer.expect(4, covered: 9)
        let packed = peer.endLink()
        #expect(packed.count == 3)
        #expect(peer.covered(3) == 0 && peer.purged(60_000) == 0)
        peer.take(packed)
        #expect(peer.covered(3) == 5 && peer.covered(4) == 0 && peer.covered(60_000) == 7)
        #expect(peer.purged(60_000) == 4 && peer.purged(60_001) == 2 && peer.highestPurged == 4)
    }

    @Test(
        "A peer that knows ended sources here and there is asked for its vector again, rather than remembered with many bits"
    )
    func manyRetirements() {
        var peers = RememberedPeers()
        var table = RetiredTable(key: 1)
        let transfer = StateTransfer(.state, kind: 1, from: 9, begun: 0)
        var known = item(1, transfer: transfer)
        known.peer.equals(SourceTable(own: Bytes("a"), hash: SipHash(key: (1, 2))), table, at: 1, epoch: 0, revision: 4)
        for source in 1...5000 as ClosedRange<SourceID> { known.claims.append(source, covered: 1, purged: 0) }
        peers.remember(known)
        // It does not know the first one, and so not all up to a position.
        for source in 0...5000 as ClosedRange<SourceID> {
            let hash = SourceHash(low: UInt64(source), high: 0)
            let entry = RetiredTable.Entry(hash: hash, version: 1, isPurged: false, isFinal: false)
            table.insert(entry, at: UInt64(source) + 1)
            peers.noteRetirement(of: source, entry, at: Int(source), in: table)
            let isKnown = peers.items[0].peer.isKnown(at: 4, of: 0)
            #expect(isKnown == (source < 4096))
            #expect(peers.items[0].peer.retired.knows(Int(source), in: table) == (isKnown && source > 0))
        }
        #expect(peers.items[0].transfer === transfer)
        #expect(peers.items[0].memory == nil && peers.items[0].claims.count == 0)
    }
}
