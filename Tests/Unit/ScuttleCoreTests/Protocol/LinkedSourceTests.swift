import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// A peer's claims about another linked peer are checked with that one.
@Suite("Claims of linked sources")
struct LinkedSourceTests {
    private func replica(_ id: String) throws -> Replica {
        try Replica.make(id, seed: UInt64(id.utf8.first ?? 0)) { $0.maxHistory = 100 }
    }

    /// A hub, an honest writer on a link to it, and a hand-written peer.
    private struct Scene {
        let hub: Replica
        let writer: Replica
        let toWriter: Pair
        var liar: HandPeer

        init(isWriterKnown: Bool) throws {
            func replica(_ id: String) throws -> Replica {
                try Replica.make(id, seed: UInt64(id.utf8.first ?? 0)) { $0.maxHistory = 100 }
            }
            (hub, writer) = (try replica("hub"), try replica("writer"))
            if isWriterKnown { try writer.set("first", "1") }
            toWriter = try Pair(hub, writer, .live)
            toWriter.gossip()
            check(talk(toWriter.a, toWriter.b) == nil, "the writer joins")
            liar = HandPeer(try LinkEnd(hub), source: "liar", lamport: 0)
            liar.beAsked()
        }
    }

    private let claims: [(String, (HandPeer) -> [String])] = [
        ("a cover", { [$0.head(), HandPeer.cover(#""writer":[0,1000000000]"#)] }),
        ("a commit", { [$0.head("state"), HandPeer.commit(#""writer":[0,1000000000]"#, of: [])] }),
    ]

    @Test("A claim above the writer's version changes nothing for the writer", arguments: [false, true])
    func falseClaims(isWriterKnown: Bool) throws {
        for (name, claim) in claims {
            let scene = try Scene(isWriterKnown: isWriterKnown)
            for text in claim(scene.liar) { check(scene.liar.say(text) == nil, "\(name): \(text)") }
            for number in 0..<3 {
                try scene.writer.set("later \(number)", "1")
                check(talk(scene.toWriter.a, scene.toWriter.b) == nil, "\(name): the writer's link goes on")
                scene.toWriter.gossip()
                check(talk(scene.toWriter.a, scene.toWriter.b) == nil, "\(name): and after a gossip")
                #expect(try scene.hub.value("later \(number)") == "1", "\(name)")
            }
            #expect(scene.hub.allEntries == scene.writer.allEntries)
        }
    }

    @Test("The same for a writer whose hello is incomplete, or whose link moves in the list of links")
    func placesOfLinks() throws {
        let hub = try replica("hub")
        var ends: [LinkEnd] = []
        let writers = try (0..<5).map { number in
            let writer = try replica("w\(number)")
            try writer.set("of \(number)", "1")
            let pair = try Pair(hub, writer)
            pair.gossip()
            check(talk(pair.a, pair.b) == nil, "joins")
            ends += [pair.a, pair.b]
            return writer
        }
        var liar = HandPeer(try LinkEnd(hub), source: "liar", lamport: 0)
        // The last link moves to the index of the first one.
        ends[0].close()
        liar.beAsked()
        #expect(liar.say(liar.head()) == nil)
        #expect(liar.say(HandPeer.cover(#""w0":[0,50],"w1":[0,50],"w4":[0,50]"#)) == nil)
        #expect(hub.vector["w0"] == 50, "the writer has no link")
        for number in [1, 4] {
            try writers[number].set("later", "\(number)")
            let pair = (ends[2 * number], ends[2 * number + 1])
            pair.1.link.gossip()
            check(talk(pair.0, pair.1) == nil, "goes on")
            #expect(try hub.value("later") == "\(number)")
        }
    }

    @Test("A true claim counts as soon as the writer confirms it, and the link requests that at once")
    func trueClaims() throws {
        let scene = try Scene(isWriterKnown: true)
        try scene.writer.set("second", "2")
        let line = PlainUpdate("second", "2", "writer", 2).line
        #expect(scene.liar.say(scene.liar.head()) == nil)
        #expect(scene.liar.end.write(line + "\n") == nil)
        #expect(scene.liar.say(HandPeer.cover(#""writer":[1,2]"#, of: [line])) == nil)
        #expect(try scene.hub.value("second") == "2", "the update stands")
        #expect(scene.hub.vector["writer"] == 1, "and is not covered yet")
        #expect(talk(scene.toWriter.a, scene.toWriter.b) == nil)
        #expect(scene.hub.vector["writer"] == 2)
    }

    @Test("Closed links leave nothing behind")
    func closing() throws {
        let hub = try replica("hub")
        for number in 0..<200 {
            let peer = HandPeer(try LinkEnd(hub), source: "peer \(number % 7)", incarnation: UInt64(number), lamport: 0)
            peer.say(HandPeer.hello(source: "peer \(number % 5)", incarnation: UInt64(number + 1000), lamport: 0))
            peer.end.close()
        }
        let liar = HandPeer(try LinkEnd(hub), source: "liar", lamport: 0)
        for number in 0..<7 {
            #expect([UInt8]("peer \(number)".utf8).withUnsafeBytes { hub.writerLink(of: $0) == nil })
        }
        #expect(liar.end.link.isPeer(Bytes("liar")))
    }
}
