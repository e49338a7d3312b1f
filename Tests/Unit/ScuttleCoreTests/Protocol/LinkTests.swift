import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Messages on a link, and the deltas for them: the classic dialect, message by message.
@Suite("Link")
struct LinkTests {
    @Test("A digest requests the updates above it, of that source alone")
    func delta() throws {
        let end = try LinkEnd.sample()
        end.write(digest("a", 1) + "\n")
        #expect(end.readLines() == [line("z", "3", "a", 3)])
        end.write(digest("a", 0) + "\n")
        #expect(end.readLines() == [line("x", "1", "a", 1), line("z", "3", "a", 3)])
        end.write(digest("a", 3) + "\n")
        #expect(end.readLines().isEmpty)
        end.write(digest("a", 99) + "\n")
        #expect(end.readLines().isEmpty)
    }

    @Test("Done requests all sources that were not named since the last done")
    func afterDone() throws {
        let end = try LinkEnd.sample()
        end.write(digest("a", 3) + "\n" + digest("local", 3) + "\n" + done + "\n")
        #expect(end.readLines() == [line("y", "2", "b", 2), line("w", "4", "local", 4)])
        end.write(done + "\n")
        #expect(end.readLines().count == 4)
    }

    @Test("A name before done does not count for the next round, nor one on another link")
    func rounds() throws {
        let end = try LinkEnd.sample()
        let other = try LinkEnd(end.replica, .classic)
        other.write(digest("a", 3) + "\n")
        end.write(digest("b", 2) + "\n" + done + "\n")
        #expect(end.readLines() == [line("x", "1", "a", 1), line("z", "3", "a", 3), line("w", "4", "local", 4)])
        other.write(done + "\n")
        #expect(other.readLines() == [line("y", "2", "b", 2), line("w", "4", "local", 4)])
    }

    @Test("A digest of an unknown source is ignored, and does not add it")
    func unknownSource() throws {
        let end = try LinkEnd.sample()
        #expect(end.write(digest("stranger", 5) + "\n") == nil)
        #expect(end.readLines().isEmpty)
        #expect(end.replica.vector["stranger"] == nil)
        #expect(end.replica.sources.count == 3)
    }

    @Test("A repeated entry changes nothing; its version with another content is an error")
    func covered() throws {
        let end = try LinkEnd.sample()
        let before = Snapshot(end.replica)
        #expect(end.write(line("z", "3", "a", 3) + "\n" + line("z", "0", "a", 2) + "\n") == nil)
        #expect(end.write(line("x", "\"other\"", "a", 3) + "\n") == .corrupt)
        #expect(Snapshot(end.replica) == before)
    }

    @Test("On a read-only link updates are rejected, and requests are served")
    func readOnly() throws {
        let replica = try LinkEnd.sample().replica
        let end = try LinkEnd(replica, [.classic, .readOnly])
        let before = Snapshot(replica)
        #expect(end.write(line("x", "9", "a", 9) + "\n" + digest("a", 1) + "\n") == .readOnly)
        #expect(Snapshot(replica) == before)
        #expect(end.readLines() == [line("z", "3", "a", 3)])
    }

    @Test("The own id with a version that was never issued is rejected, in updates and in digests")
    func identity() throws {
        let end = try LinkEnd.sample()
        let before = Snapshot(end.replica)
        #expect(end.write(line("x", "9", "local", 5) + "\n") == .identity)
        #expect(end.write(digest("local", 5) + "\n") == .identity)
        #expect(end.write(digest("local", 4) + "\n") == nil)
        #expect(end.write(line("w", "4", "local", 4) + "\n") == nil)
        #expect(Snapshot(end.replica) == before)
        #expect(end.readLines().isEmpty)
    }

    @Test("A rejected digest with done in it does not count as done")
    func refusedDone() throws {
        let end = try LinkEnd.sample()
        #expect(end.write(#"{"digest":true,"id":"local","version":5,"done":true}"# + "\n") == .identity)
        #expect(end.readLines().isEmpty)
        #expect(end.write(#"{"digest":true,"id":"local","version":4,"done":true}"# + "\n") == nil)
        #expect(end.readLines().count == 3)
    }

    @Test("Links are closed in any order, and the others are unchanged", arguments: 0..<20)
    func closing(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try LinkEnd.sample().replica
        for case let link as Link in replica.linkTable.links { replica.close(link) }
        var ends = try (0..<6).map { _ in try LinkEnd(replica, .classic) }
        for end in ends { end.askForEverything() }
        while !ends.isEmpty {
            replica.gossip()
            let closed = ends.remove(at: random.below(ends.count))
            closed.close()
            #expect(replica.linkTable.links.count == ends.count)
            for end in ends { #expect(end.readLines().count == 4) }
            #expect(replica.broken == nil)
        }
    }

    @Test("Two replicas that meet become equal", arguments: 0..<20)
    func meeting(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replicas = try ["a", "b"].map { name in try Replica.make(name) { $0.mtu = random.within(1...8) } }
        for round in 0..<4 {
            for replica in replicas {
                for number in 0..<random.below(20) { try replica.set("k\(random.below(15))", "\(number)") }
            }
            #expect(try meet(replicas[0], replicas[1], .classic) == nil)
            check(replicas[0].allEntries == replicas[1].allEntries, "round \(round)")
            check(replicas[0].fingerprint == replicas[1].fingerprint, "fingerprints in round \(round)")
        }
    }
}
