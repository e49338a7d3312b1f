import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Attacks by peers that send well-formed messages, as the fuzz target FuzzPeer has found them.
@Suite("Hostile peers")
struct HostilePeerTests {
    /// Returns a replica that has requested a delta from a hand-written peer.
    private func requesting(_ adjust: (inout Configuration) -> Void = { _ in }) throws -> HandPeer {
        var peer = HandPeer(try LinkEnd(try Replica.make("local", adjust)))
        peer.beAsked()
        return peer
    }

    private func say(_ update: PlainUpdate, _ peer: HandPeer) -> Failure.Code? {
        peer.end.write(update.line + "\n")
    }

    @Test("A refused second content of a dot is no exception: the entry has the dot", arguments: ["k", "j"])
    func refusedDot(key: String) throws {
        let long = "\"" + String(repeating: "x", count: 200) + "\""
        for isHost in [false, true] {
            let peer = try requesting {
                $0.limits.valueBytes = 100
                if isHost { $0.accept = { _, update in update.value.count < 4 } }
            }
            peer.say(peer.head("early"))
            #expect(say(PlainUpdate("k", "1", "x", 7), peer) == nil)
            // The host is not called for an update that loses.
            let isLoser = isHost && key == "k"
            #expect(say(PlainUpdate(key, isHost ? "12345" : long, "x", 7), peer) == (isLoser ? .corrupt : nil))
            #expect(try peer.replica.value("k") == "1")
            #expect(peer.replica.refused == nil)
            #expect(peer.replica.broken == nil)
        }
    }

    @Test("A time to live ends with its write, although another key arrives under its dot")
    func expiryOfAnotherKey() throws {
        let peer = try requesting()
        try peer.replica.tick(1)
        peer.say(peer.head("early"))
        #expect(say(PlainUpdate("k", "1", "x", 7).living(for: 10), peer) == nil)
        #expect(say(PlainUpdate("j", "1", "x", 7), peer) == nil)
        #expect(peer.replica.broken == nil)
        try peer.replica.tick(1000)
        #expect(try peer.replica.value("j") == "1")
    }

    @Test("A value is not purged instead of a tombstone that had its dot")
    func tombstoneOfAnotherKey() throws {
        let peer = try requesting { $0.keepsTombstones = true }
        let updates = [PlainUpdate(delete: "k", "x", 7), PlainUpdate("j", "1", "x", 7)]
        #expect(peer.sayLog(updates, cover: #""x":[0,7]"#) == [nil, nil, nil, nil])
        #expect(try peer.replica.purge() == 0)
        #expect(try peer.replica.value("j") == "1")
        #expect(peer.replica.broken == nil)
    }

    @Test("After a statement with the highest sequence, the replica of that name can still gossip")
    func highestStatement() throws {
        let peer = try requesting()
        #expect(peer.sayLog([PlainUpdate("k", "1", "peer", 1)], cover: #""peer":[0,1]"#) == [nil, nil, nil])
        for sequence in [UInt64(Int64.max), .highest] {
            peer.say(
                #""vector":{"incarnation":5,"epoch":0,"nonce":0,"lamport":1,"since":0,"until":1,"sources":{},"names":"#
                    + #"{"local":[18,2,\#(sequence),"000000000000000c"],"peer":[22,0,0,"0000000000000000"]}"#
                    + #","from":0,"to":9,"last":true}"#)
            peer.replica.gossip()
        }
        peer.end.close()
        let other = try Replica.make("other")
        try other.set("n", "1")
        #expect(try meet(peer.replica, other) == nil)
        #expect(try peer.replica.value("n") == "1")
        #expect(peer.replica.broken == nil)
    }

    @Test("Peers learn the GC version of a retired source with its last version, whichever claim has it")
    func purgedBelow() throws {
        let replica = try Replica.make()
        func claim(_ version: Version, isPurged: Bool) -> RetiredClaim {
            RetiredClaim(
                hash: "x~AAAAAAAA".lend { SourceHash(of: $0) }, version: version, isPurged: isPurged, isFinal: false)
        }
        #expect(!replica.adopt(claim(12, isPurged: false), isReset: true))
        #expect(replica.adopt(claim(5, isPurged: true), isReset: true))
        #expect(replica.highestPurged == 12)
        // The source returns in full.
        _ = try "x~AAAAAAAA".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        #expect(replica.broken == nil)
    }

    @Test(
        "The history vouches only for its own updates, after a log delta whose dots descend or repeat",
        arguments: [
            [28, 28, 18], [3, 2, 1], [1, 3, 2], [2, 2], [5, 1, 7, 3],
        ] as [[Version]])
    func descending(versions: [Version]) throws {
        let replica = try Replica.make("local", seed: 3) { $0.maxHistory = 100 }
        var peer = HandPeer(try LinkEnd(replica))
        peer.beAsked()
        let updates = versions.enumerated().map { PlainUpdate("k\($0)", "1", "peer", $1) }
        #expect(peer.sayLog(updates, cover: #""peer":[0,30]"#).allSatisfy { $0 == nil || $0 == .corrupt })
        #expect(replica.broken == nil)
        // Updates that the history lacks are sent from the state.
        let other = try Replica.make("other")
        #expect(try meet(replica, other) == nil)
        #expect(other.count == replica.count)
        peer.end.close()
    }

    @Test(
        "A repeated line does not count for an earlier entry, whether a cover names few sources or many",
        arguments: [1, 9])
    func repeated(sources: Int) throws {
        let replica = try Replica.make("local", seed: 3) { $0.maxHistory = 100 }
        var peer = HandPeer(try LinkEnd(replica))
        peer.beAsked()
        peer.say(peer.head("early"))
        peer.end.write(PlainUpdate("early", "1", "peer", 5).line + "\n")
        #expect(replica.outOfOrderCount == 1)
        let update = PlainUpdate("k", "1", "peer", 4)
        let cover = (1..<sources).reduce(#""peer":[0,31]"#) { $0 + #","other \#($1)":[0,1]"# }
        #expect(peer.sayLog([update, update], cover: cover).allSatisfy { $0 == nil })
        #expect(replica.outOfOrderCount == 0)
        #expect(replica.broken == nil)
        let other = try Replica.make("other")
        #expect(try meet(replica, other) == nil)
        #expect(other.count == replica.count)
        peer.end.close()
    }

    @Test("A late update of a classic peer, if no version is left to republish it")
    func lateWithoutNumber() throws {
        let replica = try Replica.make("local", seed: 3) {
            $0.maxHistory = 100
            $0.limits.versionJump = .highest
        }
        for version in [.highest, 1, 7] as [Version] {
            try replica.receive(PlainUpdate("k\(version)", "1", "peer", version))
            #expect(replica.broken == nil)
        }
        #expect(replica.count == 3)
        let other = try Replica.make("other") { $0.limits.versionJump = .highest }
        #expect(try meet(replica, other) == nil)
        #expect(other.count == 3)
    }

    @Test("A reset with more exceptions than max_refused purges no more than it covers", arguments: [0, 1, 2, 9])
    func exceptionsOfReset(capacity: Int) throws {
        let replica = try Replica.make("local", seed: 3) { $0.maxRefused = capacity }
        var peer = HandPeer(try LinkEnd(replica))
        peer.beAsked()
        peer.say(peer.head("reset"))
        peer.end.write(
            HandPeer.line(
                HandPeer.commit(#""peer":[0,9,9]"#, of: []).replacing(
                    #""from""#, with: #""excepted":[["peer",9,0],["peer",8,0]],"from""#)) + "\n")
        let source = "peer".lend { replica.sources.find($0) }.map { replica.sources[$0] }
        #expect(source?.covered ?? 0 == (capacity < 1 ? 0 : capacity < 2 ? 8 : 9))
        #expect(source?.purged ?? 0 == (capacity < 2 ? 0 : 9))
        #expect(replica.broken == nil)
        peer.end.close()
    }

    @Test("A replica with max_sources sources starts again from its save")
    func fullOfSources() throws {
        var replica = try Replica.start("a", seed: 1) { $0.limits.sources = 3 }
        try replica.set("own", "1")
        for (number, source) in ["x", "y"].enumerated() {
            try replica.receive(PlainUpdate(source, "1", source, Version(number + 1)))
        }
        for seed in 2..<5 {
            replica = try Replica.start("a", seed: UInt64(seed), from: replica.exported()) { $0.limits.sources = 3 }
            try replica.set("own", "\(seed)")
            #expect(replica.count == 3)
            // One more source exceeds the limit.
            #expect(failure { () throws(Failure) in try replica.receive(PlainUpdate("z", "1", "z", 9)) } == .sources)
        }
        #expect(replica.broken == nil)
    }
}
