import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The pending updates of unread links count as soon as they are written.
@Suite("Backpressure of live links")
struct LiveBackpressureTests {
    /// A replica with live links to equal peers, which counts its drains.
    private final class World {
        let drains = Collected<Int>()
        let replica: Replica
        private(set) var pairs: [Pair] = []
        private var peers = 0

        init(mtu: Int, history: Int = 10) throws {
            replica = try Replica.make { [drains] in
                $0.mtu = mtu
                $0.maxHistory = history
                $0.onDrain = { drains.all.append(1) }
            }
        }

        @discardableResult
        func join(_ options: Link.Options = .live) throws -> Pair {
            peers += 1
            let pair = try Pair(replica, Replica.make("p\(peers)", seed: UInt64(peers + 1)), options)
            pairs.append(pair)
            pair.gossip()
            deliver(pair)
            deliver(pair)
            return pair
        }

        func leave(_ index: Int) {
            pairs.remove(at: index).close()
        }

        func deliver(_ pair: Pair) {
            if pair.a.link.isDatagram { _ = carry(pair.a, pair.b) } else { #expect(talk(pair.a, pair.b) == nil) }
        }

        var isFull: Bool { replica.reportFull() }
    }

    @Test("Full with the mtu-th pending update, whatever the history", arguments: 1...12, [1, 3, 1000])
    func over(mtu: Int, history: Int) throws {
        for options in [Link.Options.live, [.live, .datagram]] {
            let world = try World(mtu: mtu, history: history)
            let pair = try world.join(options)
            for round in 1...3 {
                for number in 1...2 * mtu {
                    try world.replica.set("k\(number % 5)", "\(round)")
                    check(world.isFull == (number >= mtu), "\(number) wait, mtu \(mtu): over is \(world.isFull)")
                    check(world.drains.all.count == round - 1, "too early")
                }
                world.deliver(pair)
                check(!world.isFull, "drained")
                check(world.drains.all.count == round, "\(world.drains.all.count) drains in round \(round)")
                check(pair.b.replica.walk() == world.replica.walk(), "all is there")
            }
        }
    }

    @Test("A thousand updates unread, mtu 2: full first, and then drained")
    func unread() throws {
        let world = try World(mtu: 2)
        let pair = try world.join()
        try world.replica.set("k", "0")
        #expect(!world.isFull)
        for number in 1..<1000 {
            try world.replica.set("k\(number)", "1")
            check(world.isFull, "\(number + 1) wait")
        }
        #expect(world.drains.all.isEmpty)
        world.deliver(pair)
        #expect(world.drains.all.count == 1)
        #expect(pair.b.replica.count == 1000)
    }

    @Test("Deletes, expiries, and updates of other peers count as well")
    func everyWrite() throws {
        let writes: [(Replica) throws -> Void] = [
            { for number in 0..<4 { try $0.delete("k\(number)") } },
            { replica in
                try replica.tick(1)
                for number in 0..<2 {
                    try "t\(number)".lend { (key) throws(Failure) in
                        try "1".lend { (value) throws(Failure) in try replica.set(key, to: value, for: 5) }
                    }
                }
                try replica.tick(9)
            },
            { replica in
                for number in 0..<4 {
                    try replica.receive(PlainUpdate("k\(number)", "1", "classic", Version(100 + number)))
                }
            },
        ]
        for write in writes {
            let world = try World(mtu: 4)
            let pair = try world.join()
            try write(world.replica)
            #expect(world.isFull)
            world.deliver(pair)
            #expect(!world.isFull)
            #expect(world.drains.all.count == 1)
        }
    }

    @Test("The updates of a peer fill the other links, and not its own", arguments: [true, false])
    func relay(isTold: Bool) throws {
        let world = try World(mtu: 4, history: 1000)
        let (from, to) = (try world.join(), try world.join())
        for number in 0..<9 { try from.b.replica.set("k\(number % 7)", "1") }
        world.deliver(from)
        #expect(!from.a.link.isFull)
        #expect(to.a.link.isFull)
        if isTold { #expect(world.isFull) }
        world.deliver(to)
        #expect(world.drains.all.count == (isTold ? 1 : 0))
        // The peer's updates stand between updates that wait for it.
        for number in 1...4 {
            try world.replica.set("own\(number)", "1")
            #expect(from.a.link.isFull == (number == 4), "\(number) wait")
            try from.b.replica.set("theirs", "\(number)")
            let lines = from.b.readAll()
            #expect(from.a.write(lines) == nil)
        }
    }

    @Test("Each link counts for itself, through joining, reading and closing", arguments: 0..<60)
    func model(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let mtu = random.within(1...9)
        let world = try World(mtu: mtu, history: random.pick([1, 10, 1000]))
        var waiting: [(count: Int, isFull: Bool)] = []
        var drains = 0
        var isTold = false
        for step in 0..<200 {
            let wasOver = waiting.contains { $0.isFull }
            switch random.within(0...9) {
            case 0 where waiting.count < 20:
                try world.join(random.oneIn(3) ? [.live, .datagram] : .live)
                waiting.append((0, false))
            case 1 where !waiting.isEmpty:
                let index = random.below(waiting.count)
                world.leave(index)
                waiting.remove(at: index)
            case 2...3 where !waiting.isEmpty:
                let index = random.below(waiting.count)
                world.deliver(world.pairs[index])
                waiting[index] = (0, false)
            default:
                try world.replica.set("k\(step % 13)", "\(step)")
                for index in waiting.indices {
                    waiting[index].count += 1
                    if waiting[index].count >= mtu { waiting[index].isFull = true }
                }
                isTold = world.isFull || isTold
            }
            let isFull = waiting.contains { $0.isFull }
            if wasOver, !isFull, isTold {
                drains += 1
                isTold = false
            }
            for (index, pair) in world.pairs.enumerated() {
                check(
                    pair.a.link.isFull == waiting[index].isFull,
                    "seed \(seed), step \(step), link \(index): \(waiting[index]), mtu \(mtu)")
            }
            check(world.drains.all.count == drains, "seed \(seed), step \(step): \(world.drains.all.count) drains")
            check(world.replica.broken == nil, "\(String(describing: world.replica.broken))")
        }
    }

    @Test("A requested delta grows, too, until the link is full")
    func growing() throws {
        let world = try World(mtu: 5)
        for number in 0..<4 { try world.replica.set("k\(number)", "1") }
        let pair = try Pair(world.replica, Replica.make("p", seed: 7))
        pair.b.link.gossip()
        while pair.a.link.outgoing == nil {
            pair.a.write(pair.b.readAll())
            guard pair.a.link.outgoing == nil else { break }
            pair.b.write(pair.a.readAll())
        }
        #expect(!world.isFull)
        try world.replica.set("more", "1")
        #expect(world.isFull)
        #expect(talk(pair.a, pair.b) == nil)
        #expect(world.drains.all.count == 1)
        for _ in 0..<20 { try world.replica.set("later", "1") }
        #expect(!world.isFull, "nobody has asked for it")
    }

    @Test("Datagrams that wait for the peer's progress are not pending")
    func pausing() throws {
        let world = try World(mtu: 10, history: 10)
        for number in 0..<2000 { try world.replica.set("key\(number)", "1") }
        let pair = try Pair(world.replica, Replica.make("p", seed: 7), [.live, .datagram])
        pair.b.link.gossip()
        while pair.a.link.outgoing == nil {
            for datagram in pair.b.readDatagrams(capacity: 300).datagrams { pair.a.write(datagram) }
            guard pair.a.link.outgoing == nil else { break }
            for datagram in pair.a.readDatagrams(capacity: 300).datagrams { pair.b.write(datagram) }
        }
        #expect(world.isFull)
        _ = pair.a.readDatagrams(capacity: 300)
        #expect(pair.a.link.outgoing?.isPaused == true)
        #expect(!world.isFull)
        #expect(world.drains.all.count == 1)
    }

    @Test("An ended link is not full")
    func ended() throws {
        let world = try World(mtu: 2)
        let pair = try world.join()
        for number in 0..<5 { try world.replica.set("k\(number)", "1") }
        #expect(world.isFull)
        pair.a.write(#"{"digest":true,"reject":{"reason":"cluster"}}"# + "\n")
        #expect(!world.isFull)
        #expect(world.drains.all.count == 1)
        for number in 0..<50 { try world.replica.set("k\(number)", "1") }
        #expect(!world.isFull)
        #expect(world.replica.broken == nil)
    }
}
