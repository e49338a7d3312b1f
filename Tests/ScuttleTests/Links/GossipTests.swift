import Testing

@testable import Scuttle

/// Asking peers for what is new.
@Suite("Gossip")
struct GossipTests {
    @Test("Gossip of a new replica is a done alone, and is not asked twice")
    func gossipOfNothing() throws {
        let end = try LinkEnd(Replica.make(), .classic)
        end.link.gossip()
        end.link.gossip()
        #expect(end.readLines() == [done])
        #expect(end.readLines().isEmpty)
    }

    @Test("Gossip is a digest for each source, and then done; each time again")
    func gossip() throws {
        let end = try LinkEnd.sample()
        for _ in 0..<2 {
            end.replica.gossip()
            let lines = end.readLines()
            #expect(Set(lines.dropLast()) == [digest("a", 3), digest("b", 2), digest("local", 4)])
            #expect(lines.count == 4)
            #expect(lines.last == done)
        }
    }

    @Test("Asked again while digests wait, a link goes on where it was", arguments: 0..<3)
    func gossipAgain(sent: Int) throws {
        let end = try LinkEnd.sample { $0.mtu = 1 }
        end.link.gossip()
        var text: [UInt8] = []
        while text.lines.count <= sent { text += end.read(upTo: 1) }
        end.link.gossip()
        let lines = (text + end.readAll()).lines.dropLast().map { $0.text }
        #expect(Set(lines) == [digest("a", 3), digest("b", 2), digest("local", 4), done])
        #expect(lines.count == 4)
        #expect(lines.last == done)
    }

    @Test("Asked again when only the done waits, a link asks anew: the digests that went may be old by now")
    func gossipAgainBehindTheDigests() throws {
        let end = try LinkEnd.sample { $0.mtu = 1 }
        end.link.gossip()
        var text: [UInt8] = []
        while text.lines.count <= 3 { text += end.read(upTo: 1) }
        end.link.gossip()
        let lines = (text + end.readAll()).lines.dropLast().map { $0.text }
        #expect(lines.count == 8)
        #expect(lines[3] == done && lines[7] == done)
    }

    @Test("Gossip renews the promise of the own source; nothing else does")
    func promise() throws {
        let end = try LinkEnd.sample()
        try end.replica.receive(PlainUpdate("v", "5", "a", 9))
        #expect(end.replica.clock["local"] == 4)
        end.link.gossip()
        #expect(end.replica.clock["local"] == 9)
        #expect(end.readLines().contains(digest("local", 9)))
        try end.replica.set("u", "6")
        #expect(end.replica.entry("u")?.version == 10)
    }

    @Test("A walk over the digests shows what is covered when it comes by; a source that is new waits for the next")
    func halfwayThrough() throws {
        let end = try LinkEnd.sample { $0.mtu = 1 }
        end.link.gossip()
        var lines = end.read(upTo: 1).text + end.read(upTo: 1 << 10).text
        while lines.split(separator: "\n").count < 2 { lines += end.read(upTo: 50).text }
        let rest = Set([digest("a", 7), digest("b", 8), digest("local", 4)])
        try end.replica.receive(PlainUpdate("x", "7", "a", 7))
        try end.replica.receive(PlainUpdate("y", "8", "b", 8))
        try end.replica.receive(PlainUpdate("n", "1", "new", 1))
        let all = (lines + end.readAll().text).split(separator: "\n").map { String($0) }
        #expect(all.count == 4)
        #expect(!all.contains(digest("new", 1)))
        #expect(all.contains { rest.contains($0) })
        end.link.gossip()
        #expect(end.readLines().contains(digest("new", 1)))
    }
}
