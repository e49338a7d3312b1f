import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Requests for updates.
@Suite("Gossip")
struct GossipTests {
    @Test("Gossip of a new replica sends only the end of its digests, once")
    func gossipOfNothing() throws {
        let end = try LinkEnd(Replica.make(), .classic)
        end.link.gossip()
        end.link.gossip()
        #expect(end.readLines() == [done])
        #expect(end.readLines().isEmpty)
    }

    @Test(
        "The first gossip requests everything; later ones send a digest for each source, and then done, each time again"
    )
    func gossip() throws {
        let end = try LinkEnd.sample()
        end.replica.gossip()
        #expect(end.readLines() == [done])
        for _ in 0..<2 {
            end.replica.gossip()
            let lines = end.readLines()
            #expect(Set(lines.dropLast()) == [digest("a", 3), digest("b", 2), digest("local", 4)])
            #expect(lines.count == 4)
            #expect(lines.last == done)
        }
    }

    @Test("A gossip while digests are pending continues them", arguments: 0..<3)
    func gossipAgain(sent: Int) throws {
        let end = try LinkEnd.sample { $0.mtu = 1 }
        end.askForEverything()
        end.link.gossip()
        var text: [UInt8] = []
        while text.lines.count <= sent { text += end.read(upTo: 1) }
        end.link.gossip()
        let lines = (text + end.readAll()).lines.dropLast().map { $0.text }
        #expect(Set(lines) == [digest("a", 3), digest("b", 2), digest("local", 4), done])
        #expect(lines.count == 4)
        #expect(lines.last == done)
    }

    @Test("A gossip while only the `done` is pending begins anew: the sent digests may be outdated")
    func gossipAgainBehindTheDigests() throws {
        let end = try LinkEnd.sample { $0.mtu = 1 }
        end.askForEverything()
        end.link.gossip()
        var text: [UInt8] = []
        while text.lines.count <= 3 { text += end.read(upTo: 1) }
        end.link.gossip()
        let lines = (text + end.readAll()).lines.dropLast().map { $0.text }
        #expect(lines.count == 8)
        #expect(lines[3] == done && lines[7] == done)
    }

    @Test("Gossip renews the low-water mark of the own source; nothing else does")
    func promise() throws {
        let end = try LinkEnd.sample()
        end.askForEverything()
        try end.replica.receive(PlainUpdate("v", "5", "a", 9))
        #expect(end.replica.vector["local"] == 4)
        end.link.gossip()
        #expect(end.replica.vector["local"] == 9)
        #expect(end.readLines().contains(digest("local", 9)))
        try end.replica.set("u", "6")
        #expect(end.replica.entry("u")?.version == 10)
    }

    @Test("A digest claims the versions covered at the previous gossip: later ones may be out of order")
    func oneBehind() throws {
        let end = try LinkEnd.sample()
        end.askForEverything()
        try end.replica.receive(PlainUpdate("x", "7", "a", 7))
        try end.replica.receive(PlainUpdate("n", "1", "new", 8))
        end.link.gossip()
        #expect(Set(end.readLines()) == [digest("a", 3), digest("b", 2), digest("local", 8), done])
        end.link.gossip()
        #expect(Set(end.readLines()) == [digest("a", 7), digest("b", 2), digest("new", 8), digest("local", 8), done])
    }

    @Test("Updates that a peer sends again, because they were not claimed, change nothing")
    func again() throws {
        let end = try LinkEnd.sample()
        let before = Snapshot(end.replica)
        for text in [line("z", "3", "a", 3), line("y", "2", "b", 2), line("x", "1", "a", 1)] {
            #expect(end.write(text + "\n") == nil)
        }
        #expect(Snapshot(end.replica) == before)
    }
}
