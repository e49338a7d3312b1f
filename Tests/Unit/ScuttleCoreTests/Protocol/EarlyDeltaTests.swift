import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The deltas of a replica that has missed tombstones which its peer has purged.
@Suite("Early deltas")
struct EarlyDeltaTests {
    /// Returns a mesh in which `a` has purged a delete that `b` has missed; `b` has written below it and above it.
    private func lagging(_ options: Link.Options = []) throws -> Mesh {
        let mesh = try Mesh("a b", over: options)
        try mesh["a"].set("gone", "1")
        try mesh.meet("a", "b")
        try mesh["b"].set("below", "1")
        for _ in 0..<5 { try mesh["a"].delete("gone") }
        #expect(try mesh["a"].purge() == 1)
        let highest = mesh["a"].highestPurged
        while mesh["b"].version < highest { try mesh["b"].set("filler", "1") }
        try mesh["b"].set("above", "1")
        #expect(try mesh["b"].value("gone") == "1")
        return mesh
    }

    private func keys(_ lines: [String]) -> [String] {
        lines.filter { $0.hasPrefix(#"{"key""#) }.map { String($0.split(separator: "\"")[3]) }
    }

    @Test("Updates above all purged tombstones are sent at once, without cover or commit, and stand")
    func first() throws {
        let mesh = try lagging()
        let pair = try mesh.pair("a", "b")
        pair.a.link.gossip()
        var early: [String] = []
        for _ in 0..<6 {
            pair.b.write(pair.a.readAll())
            let lines = pair.b.readLines()
            if lines.contains(where: { $0.contains(#""mode":"early""#) }) {
                early = lines
                break
            }
            pair.a.write(lines.map { $0 + "\n" }.joined())
        }
        #expect(keys(early) == ["above"])
        #expect(!early.contains { $0.contains(#""cover""#) || $0.contains(#""commit""#) })
        pair.a.write(early.map { $0 + "\n" }.joined())
        #expect(try mesh["a"].value("above") == "1")
        #expect(mesh["a"].vector["b"] ?? 0 < mesh["b"].entry("above")?.version ?? 0, "it is not covered")
        #expect(talk(pair.a, pair.b) == nil)
        pair.gossip()
        #expect(talk(pair.a, pair.b) == nil)
        mesh.expectAgreement()
        #expect(mesh["a"].walk().map(\.key.text) == ["above", "below", "filler"])
        // The write below was republished: the same write, under a dot above the purged tombstones.
        let below = try #require(mesh["a"].entry("below"))
        #expect(below.written?.version == 2 && below.version > 5)
    }

    @Test(
        "Lost, or for a peer that leaves, it does no harm: the next meeting brings all",
        arguments: Link.Options.ways, 0..<8)
    func lost(options: Link.Options, number: Int) throws {
        let mesh = try lagging(options)
        let pair = try mesh.pair("a", "b")
        pair.gossip()
        var count = 0
        if options.contains(.datagram) {
            mesh.carry(pair) {
                count += 1
                return count == number ? 0 : 1
            }
        } else {
            for _ in 0..<number {
                pair.b.write(pair.a.read(upTo: 200))
                pair.a.write(pair.b.read(upTo: 200))
            }
        }
        pair.close()
        try mesh.settle()
        mesh.expectAgreement()
        #expect(try mesh["b"].value("gone") == nil)
        #expect(try mesh["b"].value("below") == "1")
    }

    @Test("An inverted entry is not sent early")
    func inverted() throws {
        let mesh = try lagging()
        let b = mesh["b"]
        let version = b.version + 10
        try b.receive(PlainUpdate("twice", "2", "d", version))
        try b.receive(PlainUpdate("twice", "1", "c", version - 1).republished("c", version + 1))
        try b.receive(PlainUpdate("once", "1", "d", version + 2))
        let pair = try mesh.pair("a", "b")
        pair.a.link.gossip()
        var seen: [String] = []
        for _ in 0..<6 where seen.isEmpty {
            pair.b.write(pair.a.readAll())
            let lines = pair.b.readLines()
            if lines.contains(where: { $0.contains(#""mode":"early""#) }) { seen = keys(lines) }
            pair.a.write(lines.map { $0 + "\n" }.joined())
        }
        #expect(Set(seen) == ["above", "once"])
        try mesh.settle()
        mesh.expectAgreement()
        #expect(try mesh["a"].value("twice") == "2")
    }

    @Test("On a read-only link a lagging replica never sends anything else", arguments: Link.Options.ways)
    func readOnly(options: Link.Options) throws {
        let mesh = try lagging(options)
        let ends = (try LinkEnd(mesh["a"], options), try LinkEnd(mesh["b"], options.union(.readOnly)))
        let before = Snapshot(mesh["b"])
        for _ in 0..<4 {
            ends.0.link.gossip()
            ends.1.link.gossip()
            #expect(carry(ends.0, ends.1).isQuiet)
        }
        #expect(mesh["a"].walk().map(\.key.text) == ["above"])
        #expect(mesh["b"].entry("below")?.written == nil)
        #expect(Snapshot(mesh["b"]).entries == before.entries)
    }

    @Test("A replica does not lag behind for a retired source that was dropped since")
    func dropped() throws {
        let end = try LinkEnd(try Replica.make("own"))
        for _ in 0..<9 { try end.replica.set("k", "1") }  // above the purged tombstones
        let peer = HandPeer(end)
        func mode(_ members: String, since: UInt64) -> String? {
            let vector = HandPeer.vector("", nonce: since + 1, lamport: 9, since: since, until: since + 1)
            peer.say(vector.replacing(#""sources""#, with: members + #","sources""#))
            let heads = end.readLines().filter { $0.hasPrefix(#"{"digest":true,"delta""#) }
            return heads.last.map { String($0.split(separator: "\"")[7]) }
        }
        #expect(mode(#""retired":"gAAAAAAAAAAAAAAAAAAAAIAF""#, since: 0) == "early")
        #expect(mode(#""dropped":4"#, since: 1) == "early")
        #expect(mode(#""dropped":5"#, since: 2) == "log")
        end.close()
    }

    @Test("Both lag: both reset each other, and the writes of both stay", arguments: Link.Options.ways)
    func both(options: Link.Options) throws {
        let mesh = try Mesh("a b", over: options)
        for key in ["x", "y"] { try mesh["a"].set(key, "1") }
        try mesh.meet("a", "b")
        try mesh["a"].set("of a", "1")
        try mesh["b"].set("of b", "1")
        for _ in 0..<4 {
            try mesh["a"].delete("x")
            try mesh["b"].delete("y")
        }
        for name in ["a", "b"] { #expect(try mesh[name].purge() == 1) }
        try mesh.settle()
        mesh.expectAgreement()
        #expect(mesh["a"].walk().map(\.key.text) == ["of a", "of b"])
    }
}
