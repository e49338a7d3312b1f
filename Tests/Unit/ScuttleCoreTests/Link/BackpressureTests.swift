import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Backpressure")
struct BackpressureTests {
    private static let done = #"{"digest":true,"done":true}"# + "\n"

    /// A replica with some updates, that counts its drains.
    private struct World {
        let drains = Collected<Int>()
        let replica: Replica

        init(mtu: Int, updates: Int) throws {
            replica = try Replica.make { [drains] in
                $0.mtu = mtu
                $0.onDrain = { drains.all.append(1) }
            }
            for number in 0..<updates { try replica.set("k\(number)", "1") }
        }

        /// Whether a call on the replica returns FULL.
        var isFull: Bool { replica.reportFull() }
    }

    @Test("Full from mtu messages on, until none remains", arguments: 1...12, 0...14)
    func answers(mtu: Int, updates: Int) throws {
        let world = try World(mtu: mtu, updates: updates)
        let end = try LinkEnd(world.replica, .classic)
        end.write(Self.done)
        check(world.isFull == (updates >= mtu), "\(updates) owed, mtu \(mtu): over is \(world.isFull)")
        var left = updates
        while left > 0 {
            check(world.isFull == (updates >= mtu), "\(left) of \(updates) left, mtu \(mtu)")
            check(world.drains.all.isEmpty, "too early")
            var line: [UInt8] = []
            repeat { line += end.read(upTo: 1) } while line.last != 0x0a
            left -= 1
        }
        check(!world.isFull, "drained")
        check(world.drains.all.count == (updates >= mtu ? 1 : 0), "\(world.drains.all.count) drains")
        check(world.replica.broken == nil, "\(String(describing: world.replica.broken))")
    }

    @Test("Pending digests count, with the done", arguments: 1...6)
    func digests(mtu: Int) throws {
        let world = try World(mtu: mtu, updates: 1)
        for name in ["a", "b"] { try world.replica.receive(PlainUpdate("k" + name, "1", name, 9)) }
        let end = try LinkEnd(world.replica, .classic)
        end.askForEverything()
        let drains = world.drains.all.count
        end.link.gossip()
        #expect(world.isFull == (4 >= mtu))
        #expect(end.readLines().count == 4)
        #expect(!world.isFull)
        #expect(world.drains.all.count - drains == (4 >= mtu ? 1 : 0))
    }

    @Test("The rest of a half-read delta counts with the next request", arguments: 1...3)
    func added(left: Int) throws {
        let world = try World(mtu: 5, updates: 4)
        let end = try LinkEnd(world.replica, .classic)
        end.askForEverything()
        end.write(Self.done)
        for _ in 0..<4 - left {
            var line: [UInt8] = []
            repeat { line += end.read(upTo: 1) } while line.last != 0x0a
        }
        #expect(!world.isFull)
        // A digest of the own source and a done: the rest makes five, if three are left.
        end.link.gossip()
        #expect(world.isFull == (left + 2 >= 5))
    }

    @Test("on_drain needs all links: the last one fires it, by reading or by closing", arguments: [true, false])
    func severalLinks(byClosing: Bool) throws {
        let world = try World(mtu: 2, updates: 3)
        let ends = try (0..<3).map { _ in try LinkEnd(world.replica, .classic) }
        for end in ends { end.write(Self.done) }
        #expect(world.isFull)
        _ = ends[1].readAll()
        ends[0].close()
        #expect(world.isFull)
        #expect(world.drains.all.isEmpty)
        if byClosing { ends[2].close() } else { _ = ends[2].readAll() }
        #expect(!world.isFull)
        #expect(world.drains.all.count == 1)
        ends[1].close()
        #expect(world.drains.all.count == 1)
    }

    @Test("Peeking and consuming drains as reading does")
    func peeking() throws {
        let world = try World(mtu: 2, updates: 5)
        let end = try LinkEnd(world.replica, .classic)
        end.write(Self.done)
        while true {
            let count = end.peek().reduce(0) { $0 + $1.count }
            guard count > 0 else { break }
            #expect(world.isFull)
            try end.consume(count)
        }
        #expect(!world.isFull)
        #expect(world.drains.all.count == 1)
    }

    /// Supersedes all pending updates, by updates of another link, before any of them is read.
    private func supersede() throws -> (World, LinkEnd) {
        let world = try World(mtu: 2, updates: 3)
        let end = try LinkEnd(world.replica, .classic)
        end.write(Self.done)
        #expect(world.isFull)
        for number in 0..<3 {
            try world.replica.receive(PlainUpdate("k\(number)", "2", "other", Version(100 + number)))
        }
        return (world, end)
    }

    @Test("A link whose pending updates were superseded is drained by a read")
    func nothingLeft() throws {
        let (world, end) = try supersede()
        #expect(world.isFull)
        #expect(end.readAll().isEmpty)
        #expect(!world.isFull)
        #expect(world.drains.all.count == 1)
    }

    @Test("A link whose pending updates were superseded is drained by a peek")
    func nothingToPeekAt() throws {
        let (world, end) = try supersede()
        #expect(end.peek().isEmpty)
        #expect(!world.isFull)
        #expect(world.drains.all.count == 1)
    }

    @Test("Updates that were superseded before the request do not count")
    func superseded() throws {
        let world = try World(mtu: 3, updates: 0)
        for number in 1...4 { try world.replica.receive(PlainUpdate("k\(number)", "1", "a", Version(number))) }
        for number in 1...3 { try world.replica.set("k\(number)", "2") }
        let end = try LinkEnd(world.replica, .classic)
        end.write(#"{"digest":true,"source_id":"a","version":0}"# + "\n")
        #expect(!world.isFull, "one update is owed, and the mark is three")
        #expect(end.readLines().count == 1)
    }

    @Test("Pending updates count once, however often they are requested", arguments: [true, false])
    func askedAgain(byDigest: Bool) throws {
        let world = try World(mtu: 10, updates: 4)
        let end = try LinkEnd(world.replica, .classic)
        for _ in 0..<10 {
            end.write(byDigest ? #"{"digest":true,"source_id":"local","version":0}"# + "\n" : Self.done)
            #expect(!world.isFull)
        }
        #expect(end.readLines().count == 4)
    }

    @Test("Without FULL before it, on_drain does not fire")
    func untold() throws {
        let world = try World(mtu: 2, updates: 3)
        let end = try LinkEnd(world.replica, .classic)
        end.write(Self.done)
        _ = end.readAll()
        #expect(world.drains.all.isEmpty)
        end.write(Self.done)
        #expect(end.link.reportFull())
        _ = end.readAll()
        #expect(world.drains.all.count == 1)
    }
}
