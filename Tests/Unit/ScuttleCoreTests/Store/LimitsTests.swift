import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Each limit exactly, and one over, which changes nothing.
@Suite("Limits")
struct LimitsTests {
    private func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    private func refusal(_ replica: Replica, of update: PlainUpdate) -> Failure.Code? {
        let before = Snapshot(replica)
        let sources = replica.sources.count
        let code = failure { () throws(Failure) in try replica.receive(update) }
        if code != nil {
            check(
                Snapshot(replica) == before && replica.sources.count == sources, "a rejected update changed the replica"
            )
        }
        return code
    }

    @Test("Values may be limited to no nesting: messages nest anyway")
    func flatValues() throws {
        let (a, b) = (try Replica.make("a") { $0.limits.depth = 1 }, try Replica.make("b") { $0.limits.depth = 1 })
        try a.set("k", "[1]")
        try b.delete("l")
        let pair = try Pair(a, b)
        for _ in 0..<2 {
            pair.gossip()
            #expect(talk(pair.a, pair.b) == nil)
        }
        #expect(try b.value("k") == "[1]")
        #expect(a.vector == b.vector)
        #expect(pair.a.write(#"{"key":"m","value":[[1]],"source_id":"x","version":9}"# + "\n") == .depth)
    }

    @Test("Key bytes, for local writes, for received ones and for reads")
    func keys() throws {
        let replica = try Replica.make { $0.limits.keyBytes = 5 }
        for (count, code) in [(0, .key), (1, nil), (5, nil), (6, .keySize)] as [(Int, Failure.Code?)] {
            let key = text(count)
            #expect(failure { () throws(Failure) in try replica.set(key, "1") } == code)
            #expect(failure { () throws(Failure) in try replica.delete(key) } == code)
            #expect(failure { () throws(Failure) in _ = try replica.value(key) } == code)
            #expect(refusal(replica, of: PlainUpdate(key, "1", "a", 100 + Version(count))) == code)
        }
        #expect(failure { () throws(Failure) in try replica.set("a\0", "1") } == .nul)
        #expect(refusal(replica, of: PlainUpdate("a\0", "1", "a", 200)) == .nul)
    }

    @Test("A key that is not UTF-8 is rejected before it is written")
    func keyText() throws {
        let replica = try Replica.make()
        let code = failure { () throws(Failure) in
            try ([0x61, 0xff] as [UInt8]).lend { (key) throws(Failure) in try replica.set(key, to: Bytes("1")) }
        }
        #expect(code == .utf8)
        #expect(replica.version == 0)
    }

    @Test(
        "Ids: 1 to 255 bytes, no NUL",
        arguments: [(0, .id), (1, nil), (255, nil), (256, .id)] as [(Int, Failure.Code?)])
    func ids(count: Int, code: Failure.Code?) throws {
        let id = text(count)
        let made = failure { () throws(Failure) in
            try id.lend { (id) throws(Failure) in _ = try ReplicaID(id) }
        }
        #expect(made == code)
        let end = try LinkEnd(Replica.make())
        #expect(refusal(end.replica, of: PlainUpdate("k", "1", id, 1)) == code)
        #expect(end.write(#"{"digest":true,"id":"\#(id)","version":1}"# + "\n") == code)
    }

    @Test("Versions: 1 to 2^53-1 in updates, 0 too in digests")
    func versions() throws {
        let end = try LinkEnd(Replica.make { $0.limits.versionJump = .max })
        for (version, code) in [
            (0, .version), (1, nil), (.highest, nil), (.highest + 1, .version), (1 << 63, .version), (.max, .version),
        ] as [(Version, Failure.Code?)] {
            #expect(refusal(end.replica, of: PlainUpdate("k", "1", "a\(version)", version)) == code)
        }
        func digest(_ version: Version) -> Failure.Code? {
            failure { () throws(Failure) in try end.link.receiveDigest(of: Bytes("a"), at: version) }
        }
        #expect(digest(0) == nil)
        #expect(digest(.highest) == nil)
        #expect(digest(.highest + 1) == .version)
        #expect(digest(.max) == .version)
    }

    @Test("Jumps: counted from the highest version seen, and for uncovered versions; an empty replica accepts any")
    func jumps() throws {
        let fresh = try Replica.make { $0.limits.versionJump = 10 }
        #expect(refusal(fresh, of: PlainUpdate("k", "1", "a", 1_000_000)) == nil)
        let replica = try Replica.make { $0.limits.versionJump = 10 }
        try replica.set("k", "0")
        #expect(refusal(replica, of: PlainUpdate("k", "1", "a", 12)) == .versionJump)
        #expect(refusal(replica, of: PlainUpdate("k", "1", "a", 11)) == nil)
        #expect(refusal(replica, of: PlainUpdate("k", "1", "b", 22)) == .versionJump)
        #expect(refusal(replica, of: PlainUpdate("k", "1", "b", 21)) == nil)
        #expect(refusal(replica, of: PlainUpdate("k", "1", "c", 1)) == nil)
        try replica.set("k", "2")
        #expect(refusal(replica, of: PlainUpdate("k", "1", "a", 32)) == nil)
    }

    @Test("The last version is written, and then none")
    func exhausted() throws {
        let replica = try Replica.make { $0.limits.versionJump = .max }
        try replica.receive(PlainUpdate("k", "1", "a", .highest - 1))
        try replica.set("k", "2")
        #expect(replica.version == .highest)
        let before = Snapshot(replica)
        #expect(failure { () throws(Failure) in try replica.set("k", "3") } == .exhausted)
        #expect(failure { () throws(Failure) in try replica.delete("k") } == .exhausted)
        #expect(Snapshot(replica) == before)
        #expect(replica.broken == nil)
    }

    @Test("Sources: the own one counts; known ones still work; covered or rejected updates add none")
    func sources() throws {
        let end = try LinkEnd(Replica.make { $0.limits.sources = 3 })
        for name in ["a", "b"] { #expect(refusal(end.replica, of: PlainUpdate(name, "1", name, 1)) == nil) }
        #expect(refusal(end.replica, of: PlainUpdate("c", "1", "c", 1)) == .sources)
        #expect(refusal(end.replica, of: PlainUpdate("c", "1", "a", 2)) == nil)
        try end.replica.set("own", "1")
        #expect(end.write(#"{"digest":true,"id":"c","version":1}"# + "\n") == nil)
        #expect(end.replica.sources.count == 3)
    }

    @Test("Links: closing one allows another")
    func links() throws {
        let replica = try Replica.make { $0.maxLinks = 2 }
        var ends = try (0..<2).map { _ in try LinkEnd(replica) }
        #expect(failure { () throws(Failure) in _ = try replica.openLink() } == .links)
        ends[0].close()
        ends[0] = try LinkEnd(replica)
        #expect(failure { () throws(Failure) in _ = try replica.openLink(.readOnly) } == .links)
        ends.removeLast()
        #expect(replica.linkTable.links.count == 1, "a released link is closed")
        ends.removeLast()
        #expect(replica.linkTable.links.isEmpty)
    }

    @Test("Message bytes: a line at the limit is accepted, one over is rejected, and the next line is accepted again")
    func messages() throws {
        let line = PlainUpdate("k", "1", "a", 1).line
        for over in [0, 1, 20] {
            let end = try LinkEnd(Replica.make { $0.limits.messageBytes = line.utf8.count - over })
            #expect(end.write(line + "\n{}\n") == (over == 0 ? .message : .messageSize))
            #expect(end.replica.count == (over == 0 ? 1 : 0))
            #expect(end.write("[]\n") == .message)
        }
    }

    @Test("Message bytes of a line in two pieces, with others before and behind it", arguments: 0...1)
    func messagesInPieces(over: Int) throws {
        let line = PlainUpdate("key", #""0123456789""#, "a", 100).line
        let (before, behind) = (PlainUpdate("k", "1", "a", 1).line, PlainUpdate("l", "1", "a", 101).line)
        let text = [UInt8]("\(before)\n\(line)\n\(behind)\n")
        for cut in 0...text.count {
            let end = try LinkEnd(Replica.make { $0.limits.messageBytes = line.utf8.count - over })
            let codes = [end.write(Array(text[..<cut])), end.write(Array(text[cut...]))].compactMap { $0 }
            check(codes == (over == 0 ? [] : [.messageSize]), "\(codes) where it is cut at \(cut)")
            check(end.replica.count == 3 - over, "\(end.replica.count) keys where it is cut at \(cut)")
        }
    }

    @Test("The first of several bad lines is the error, with the count of the others")
    func severalBad() throws {
        let end = try LinkEnd(Replica.make())
        do throws(Failure) {
            var input = LinkInput()
            try "[]\n{\n{}\n".lend { (text) throws(Failure) in try input.receive(text, on: end.link) }
            check(false, "three bad lines are accepted")
        } catch {
            #expect(error.code == .message)
            #expect(error.detail.hasSuffix("(and 2 more lines rejected)"))
        }
    }

    @Test("The size of a peer's value counts without its white space")
    func valueSize() throws {
        let end = try LinkEnd(Replica.make { $0.limits.valueBytes = 5 })
        #expect(end.write(#"{"key":"k","value": [ 1, 2 ] ,"source_id":"a","version":1}"# + "\n") == nil)
        #expect(try end.replica.value("k") == "[1,2]")
        #expect(end.write(#"{"key":"k","value":[1,23],"source_id":"a","version":2}"# + "\n") == .valueSize)
        #expect(end.replica.version == 1)
    }

    /// Returns the longest possible lines: every byte of key and id needs an escape of six.
    private func longest(key: Int, value: Int) -> (update: String, delete: String, digest: String) {
        let (key, id) = ([UInt8](repeating: 1, count: key), [UInt8](repeating: 1, count: Limits.idBytes))
        let update = PlainUpdate(
            key: key, value: [UInt8](repeating: 0x31, count: value), source: id, version: .highest,
            written: PlainUpdate.Written(source: id, version: .highest - 1)
        ).living(for: .highest, age: .highest)
        let delete = PlainUpdate(key: key, value: [UInt8]("null"), source: id, version: .highest, kind: .delete)
        let digest =
            #"{"digest":true,"source_id":\#(quote(id)),"id":\#(quote(id)),"version":\#(Version.highest)}"#
        return (update.line, delete.line, digest)
    }

    @Test(
        "The default limit of a line fits every line that this library writes within the other limits",
        arguments: [
            (1, 1), (10, 10), (300, 1), (1 << 16, 1 << 20),
        ])
    func largestLine(key: Int, value: Int) {
        let limit = Limits.largestLine(keyBytes: key, valueBytes: value)
        let lines = longest(key: key, value: value)
        #expect(lines.update.utf8.count <= limit)
        #expect(lines.delete.utf8.count <= limit)
        #expect(lines.digest.utf8.count <= limit)
    }

    // MARK: Memory and keys

    @Test("Keys that hold a value, for local writes and for received ones; overwrites and deletes still work")
    func heldKeys() throws {
        let replica = try Replica.make { $0.maxKeys = 2 }
        try replica.set("a", "1")
        try replica.receive(PlainUpdate("b", "1", "A", 1))
        try replica.delete("gone")
        #expect(failure { () throws(Failure) in try replica.set("c", "1") } == .keys)
        #expect(failure { () throws(Failure) in try replica.set("gone", "1") } == .keys)
        try replica.set("b", "[1,2,3]")
        try replica.delete("a")
        try replica.set("c", "1")
        #expect(replica.count == 2)
        #expect(replica.broken == nil)
    }

    @Test("The counted memory falls to its start when everything is removed")
    func heldBytes() throws {
        let replica = try Replica.make { $0.limits.bytes = 1 << 20 }
        let before = replica.pool.bytes
        for number in 0..<1000 { try replica.set("k\(number)", "\"" + text(number % 700) + "\"") }
        #expect(replica.heldBytes > 1000 * 400)
        for number in 0..<1000 { try replica.delete("k\(number)") }
        _ = try replica.purge()
        replica.removals.clear(at: replica.epoch)
        _ = replica.trimHistory { _ in true }
        #expect(replica.pool.bytes == before)
    }

    @Test("At the limit of bytes: no longer value and no new key; the history is dropped first")
    func bytesAtTheLimit() throws {
        let replica = try Replica.make {
            $0.limits.bytes = 200_000
            $0.maxHistory = 1000
            $0.bound()
        }
        let value = "\"" + text(1000) + "\""
        var count = 0
        while failure({ () throws(Failure) in try replica.set("k\(count)", value) }) == nil { count += 1 }
        #expect(count > 100 && replica.history.count == 0)
        #expect(replica.heldBytes <= 200_000)
        #expect(failure { () throws(Failure) in try replica.set("k1", "[" + value + "," + value + "]") } == .bytes)
        for number in 0..<count {
            try replica.set("k\(number)", value)
            #expect(replica.heldBytes <= 200_000)
        }
        for number in 0..<count { try replica.delete("k\(number)") }
        try replica.set("new", value)
        #expect(replica.broken == nil)
    }

    @Test("A peer's update over a limit is an exception, and later updates of its source arrive")
    func exceptions() throws {
        let a = try Replica.make("a", seed: 3)
        let b = try Replica.make("b", seed: 4) { $0.maxKeys = 5 }
        for number in 0..<20 { try a.set("k\(number)", "1") }
        let pair = try Pair(a, b)
        for _ in 0..<3 {
            pair.gossip()
            _ = talk(pair.a, pair.b)
        }
        #expect(b.count == 5)
        #expect(b.refused?.count == 15)
        #expect(b.vector == a.vector)
        for number in 0..<16 { try a.delete("k\(number)") }
        pair.gossip()
        _ = talk(pair.a, pair.b)
        b.acceptAgain()
        for _ in 0..<2 {
            pair.gossip()
            _ = talk(pair.a, pair.b)
        }
        #expect(b.count == 4 && b.refused == nil)
        #expect(a.fingerprint == b.fingerprint)
        #expect(b.broken == nil)
    }
}
