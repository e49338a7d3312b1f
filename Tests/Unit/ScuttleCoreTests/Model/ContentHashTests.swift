import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("ContentHash")
struct ContentHashTests {
    /// Returns the hash of a replica's entries, computed anew by the naive hash.
    private func expected(_ replica: Replica) -> ContentHash {
        var (low, high): (UInt64, UInt64) = (0, 0)
        for update in replica.walk() {
            let mark = update.writer.lend { SipHash(key: (0, 0)).hash($0) }
            let keys = NaiveFoldHash.keys
            let write = NaiveFoldHash.fold(mark ^ keys[0], update.writtenVersion ^ keys[1])
            let (text, length) = (update.key + update.value, UInt64(update.key.count))
            low &+= NaiveFoldHash.hash(text, seed: write ^ length)
            high &+= NaiveFoldHash.hash(text, seed: NaiveFoldHash.fold(write ^ keys[2], mark &+ length))
        }
        return ContentHash(low: low, high: high)
    }

    @Test("In any order of changes and reads, it is the hash of the values", arguments: 0..<20)
    func model(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try Replica.make("a") { $0.keepsTombstones = random.oneIn(2) }
        var version: Version = 0
        for number in 0..<400 {
            let key = "k\(random.below(20))"
            switch random.below(8) {
            case 0...2: try replica.set(key, "\(number)")
            case 3: try replica.delete(key)
            case 4 where random.oneIn(4): _ = try replica.purge()
            case 5:
                version = max(version, replica.version) + 2
                try replica.receive(PlainUpdate(key, "[\(number)]", "x", version - 1).republished("y", version))
            default:
                version = max(version, replica.version) + 1
                try replica.receive(PlainUpdate(key, "[\(number)]", "x", version))
            }
            // It is read seldom, so some entries are added and removed without ever being hashed.
            guard random.oneIn(7) else { continue }
            check(replica.contentHash == expected(replica), "seed \(seed), after \(number)")
            check(replica.broken == nil, "\(replica.broken ?? "")")
        }
        #expect(replica.contentHash == expected(replica))
        #expect(replica.fingerprint == expected(replica).low)
    }

    @Test("Key, value, timestamp: each counts in both halves; the dot, and tombstones, do not")
    func distinct() throws {
        let update = PlainUpdate("k", "1", "x", 4)
        func hash(_ updates: [PlainUpdate]) throws -> ContentHash {
            let replica = try Replica.make("a") { $0.keepsTombstones = true }
            for update in updates { try replica.receive(update) }
            return replica.contentHash
        }
        let hashes = try [
            [], [update], [PlainUpdate("l", "1", "x", 4)], [PlainUpdate("k", "2", "x", 4)],
            [PlainUpdate("k", "1", "y", 4)],
            [PlainUpdate("k", "1", "x", 5)], [update, PlainUpdate("l", "1", "x", 5)],
        ].map { try hash($0) }
        #expect(Set(hashes.map(\.low)).count == hashes.count)
        #expect(Set(hashes.map(\.high)).count == hashes.count)
        #expect(hashes[0] == ContentHash())
        #expect(try hash([update.republished("y", 9)]) == hashes[1])
        #expect(try hash([update, PlainUpdate(delete: "l", "x", 5)]) == hashes[1])
        #expect(try hash([update, PlainUpdate(delete: "k", "x", 5)]) == hashes[0])
    }

    @Test("It is the same after a start from a save, and at a replica with another seed")
    func starts() throws {
        let a = try Replica.make("a")
        for number in 0..<20 { try a.set("k\(number % 7)", "\(number)") }
        let again = try Replica.start("a", seed: 5, from: a.exported())
        #expect(again.contentHash == a.contentHash)
        let b = try Replica.make("b", seed: 77)
        #expect(try meet(a, b) == nil)
        #expect(b.contentHash == a.contentHash)
    }

    @Test("With an inversion there is no content hash; out-of-order entries count in the vector's hash")
    func mayBeStated() throws {
        let end = try LinkEnd(Replica.make("a"))
        var peer = HandPeer(end)
        #expect(end.replica.mayStateContents)
        peer.beAsked()
        peer.say(peer.head())
        let before = end.replica.vectorHash
        end.write(line("k", "1", "x", 9) + "\n")
        #expect(end.replica.mayStateContents)
        #expect(end.replica.vector["x"] == nil)
        #expect(end.replica.vectorHash != before)
        let other = try Replica.make("b")
        try other.receive(PlainUpdate("k", "2", "x", 4))
        try other.receive(PlainUpdate("k", "1", "y", 3).republished("z", 9))
        #expect(!other.mayStateContents)
        other.republishInverted()
        #expect(other.mayStateContents)
    }
}
