import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// A read-only link changes nothing: no source, no low-water mark, no version, no republishing; and only its own memory.
@Suite("Read-only links")
struct ReadOnlyTests {
    /// The state that a peer could change, and that an export has.
    private struct Facts: Equatable {
        let snapshot: Snapshot
        let export: String
        let revision: UInt64
        let settled: UInt64
        let sources: Int
        let remembered: Int

        init(_ replica: Replica) {
            snapshot = Snapshot(replica)
            export = replica.exported().text
            (revision, settled, sources) = (replica.revision, replica.entryChanges, replica.sources.count)
            remembered = replica.linkTable.peers.items.count
        }
    }

    private func scene() throws -> HandPeer {
        let replica = try Replica.make("a", seed: 5) { $0.maxHistory = 100 }
        try replica.set("k", "1")
        try replica.set("gone", "1")
        try replica.delete("gone")
        return HandPeer(try LinkEnd(replica, .readOnly), lamport: 3)
    }

    @Test(
        "Any messages of the peer: vectors, unknown sources, distant versions, retirements, exceptions, twins, digests")
    func nothingChanges() throws {
        let vectors = [
            HandPeer.vector(#""evil":[9,9]"#, lamport: 9), HandPeer.vector(#""ghost":0"#),
            HandPeer.vector(#""evil":[9007199254740991,9007199254740991]"#, lamport: .highest),
            HandPeer.vector((0..<2000).map { #""ghost \#($0)":1"# }.joined(separator: ",")),
            HandPeer.vector(#""a":3"#, contents: true),
            HandPeer.vector(#""a":0},"names":{"a":[1000,3,1,"00000000000000ff"],"evil":[9,3,0,"0000000000000000"]"#),
            HandPeer.vector(#"},"retired":"00000000000000000000000000000001 5p"#),
        ]
        for vector in vectors {
            let peer = try scene()
            let before = Facts(peer.replica)
            for round in 0..<32 {
                peer.say(HandPeer.hello(lamport: .highest, epoch: UInt64(round), revision: UInt64(round)))
                peer.say(vector.replacing(#""until":1"#, with: #""until":\#(round + 2)"#))
                peer.say(#""refused":[["a",1,22]],"anew":true"#)
                peer.say(#""twin":true"#)
                peer.end.write(
                    #"{"digest":true,"source_id":"a","id":"a","version":0}"# + "\n" + #"{"digest":true,"done":true}"#
                        + "\n")
                _ = peer.end.readLines()
            }
            check(Facts(peer.replica) == before, "\(vector)")
            peer.end.close()
            check(Facts(peer.replica) == before, "\(vector), and its link is closed")
            try peer.replica.set("later", "1")
            #expect(peer.replica.version == before.snapshot.version + 1)
        }
    }

    @Test("A reader that requests and never reads holds back no tombstone")
    func idleReader() throws {
        let peer = try scene()
        let replica = peer.replica
        let writer = try Replica.make("b", seed: 6)
        for _ in 0..<2 { #expect(try meet(replica, writer) == nil) }
        peer.say(HandPeer.vector(""))
        // The other replica has to cover it first, and the reader's delta has not reached it.
        try replica.delete("k")
        #expect(replica.allEntries.contains { $0.isDelete })
        try #require(peer.end.link.outgoing?.hasMore(in: replica) ?? false)
        for _ in 0..<2 { #expect(try meet(replica, writer) == nil) }
        #expect(replica.allEntries.allSatisfy { !$0.isDelete })
    }

    @Test("Classic readers change nothing, unless the host has opened a classic link")
    func classicReader() throws {
        let replica = try Replica.make("a", seed: 5)
        try replica.set("k", "1")
        let end = try LinkEnd(replica, [.readOnly, .any])
        #expect(end.write(#"{"digest":true,"done":true}"# + "\n") == nil)
        #expect(end.readLines().contains(PlainUpdate("k", "1", "a", 1).line))
        #expect(!replica.hasMetClassic)
        _ = try LinkEnd(replica, [.readOnly, .classic])
        #expect(replica.hasMetClassic)
    }
}
