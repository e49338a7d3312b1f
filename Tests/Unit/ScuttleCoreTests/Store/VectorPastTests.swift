import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Compares past vectors with full copies of them.
@Suite("VectorPast")
struct VectorPastTests {
    /// A replica whose sources appear and rise at random, with copies of its vector at some bases.
    private struct World {
        let replica: Replica
        var copies: [(base: UInt64, vector: [Version])] = []
        var random: TestRandom
        private var named = 0

        init(seed: Int) throws {
            replica = try Replica.make()
            random = TestRandom(seed: UInt64(seed))
        }

        var vector: [Version] { replica.sources.ids.map { replica.sources[$0].covered } }

        mutating func add() throws {
            named += 1
            _ = try "s\(named)".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        }

        mutating func rise() {
            let id = SourceID(random.oneIn(2) ? 0 : random.below(replica.sources.count))
            guard replica.sources[id].index == id else { return }
            replica.cover(id, upTo: replica.sources[id].covered + Version(random.within(1...3)))
            if random.oneIn(4) { replica.notePurged(replica.sources[id], replica.sources[id].covered) }
        }

        mutating func copy() {
            copies.append((replica.relyOnVector(), vector))
        }

        /// Removes a source and its id, so it is unknown at any base.
        mutating func remove() {
            guard replica.sources.count > 1 else { return }
            let id = SourceID(1 + random.below(replica.sources.count - 1))
            let source = replica.sources[id]
            guard source.index != .max else { return }
            replica.past.drop(source)
            replica.sources.remove(id)
            replica.sources.recycleRemoved()
            for index in copies.indices where Int(id) < copies[index].vector.count { copies[index].vector[Int(id)] = 0 }
        }

        mutating func shorten() {
            copies.removeAll { _ in random.oneIn(3) }
            replica.past.shorten(to: copies.map { $0.base }.min() ?? .max, in: replica.sources)
        }

        mutating func examine(_ what: String) {
            // No base relies on most revisions, and yet no later change is skipped.
            for _ in 0..<3 {
                let since = UInt64(1 + random.below(Int(replica.revision) + 1))
                let changed = replica.sources.ids.filter { replica.sources[$0].changedAt >= since }
                var found: [SourceID] = []
                var place = replica.nextChange(since: since, from: 0, isBase: false)
                while place < replica.sources.count {
                    found.append(SourceID(place))
                    place = replica.nextChange(since: since, from: place + 1, isBase: false)
                }
                check(found == changed, "\(what): since \(since): \(found), not \(changed)")
            }
            for (base, vector) in copies {
                for id in replica.sources.ids {
                    let expected = Int(id) < vector.count ? vector[Int(id)] : 0
                    let found = replica.covered(id, at: base)
                    check(found == expected, "\(what): source \(id) at \(base): \(found), not \(expected)")
                }
                // Every change is visited; sources between two visited ones have not changed.
                var place = 0
                while place < replica.sources.count {
                    let next = replica.nextChange(since: base, from: place)
                    for id in place..<next {
                        check(replica.sources[SourceID(id)].changedAt < base, "\(what): source \(id) is passed by")
                    }
                    if next < replica.sources.count {
                        check(replica.sources[SourceID(next)].changedAt >= base, "\(what): source \(next) is visited")
                    }
                    place = next + 1
                }
            }
        }
    }

    @Test(
        "The vector at each base, while sources appear, rise and go, and bases are added and removed", arguments: 0..<60
    )
    func model(seed: Int) throws {
        var world = try World(seed: seed)
        let most = world.random.pick([3, 20, 200])
        for _ in 0..<most { try world.add() }
        for step in 0..<400 {
            switch world.random.below(40) {
            case 0: try world.add()
            case 1..<4: world.copy()
            case 4: world.shorten()
            case 5: world.remove()
            default: world.rise()
            }
            if step % 20 == 0 { world.examine("seed \(seed), step \(step)") }
        }
        world.examine("seed \(seed)")
    }

    @Test("Without a base nothing is kept; and for a base no more than one change of each source")
    func frugal() throws {
        var world = try World(seed: 1)
        for _ in 0..<50 { try world.add() }
        for _ in 0..<1000 { world.rise() }
        #expect(world.replica.past.count == 0)
        _ = world.replica.relyOnVector()
        for _ in 0..<5000 { world.rise() }
        #expect(world.replica.past.count <= 51)
    }

    @Test(
        "Unused changes are dropped between calls; a link that is silent for long gets a new base, or requests anew",
        arguments: [30, 90])
    func bounded(active: Int) throws {
        let replica = try Replica.make()
        for number in 0..<100 { try replica.receive(PlainUpdate("k", "1", "s\(number)", Version(number + 1))) }
        var links: [Link] = []
        for number in 0..<1000 {
            if links.count == 20 { replica.close(links.remove(at: 1)) }
            let link = try replica.openLink()
            let session = try #require(link.session.helloSession)
            session.peer.begin(incarnation: UInt64(number + 1))
            session.peer.equals(replica, epoch: 0, revision: 5)
            link.session = .extended(session)
            links.append(link)
            for id in 1...SourceID(active) { replica.cover(id, upTo: replica.version + 1) }
            replica.shortenPast()
            check(replica.past.count <= 50 * replica.sources.count, "\(replica.past.count)")
            replica.dropPeers()
        }
        // The first one was left far behind.
        let isLittle = active <= 64
        #expect(links[0].peer.isKnown(at: 5, of: 0) == isLittle)
        #expect(links[0].peer.confirmed(3, in: replica) == (isLittle ? 3 : 0))
        // The others are unchanged.
        #expect(links.dropFirst().allSatisfy { $0.peer.isKnown(at: 5, of: 0) })
        for (one, next) in zip(links.dropFirst(), links.dropFirst(2)) {
            #expect(one.peer.confirmed(3, in: replica) < next.peer.confirmed(3, in: replica))
            #expect(one.peer.confirmed(95, in: replica) == 95)
        }
        for link in links { replica.close(link) }
    }
}

extension Replica {
    /// Drops the peer states of peers without a link.
    fileprivate func dropPeers() { linkTable.peers = RememberedPeers() }
}
