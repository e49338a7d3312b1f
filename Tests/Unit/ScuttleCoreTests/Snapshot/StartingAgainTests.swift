import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// A replica that starts again from an export of another replica, or of its own earlier incarnation.
@Suite("Starting again")
struct StartingAgainTests {
    private func again(_ replica: Replica, as id: String) throws -> Replica {
        let again = try Replica.make(id)
        try again.load(replica.exported())
        return again
    }

    private func isUpdate(_ line: [UInt8]) -> Bool {
        line.starts(with: [UInt8](#"{"key":"#))
    }

    @Test("Under the same id it equals the other one, except the history", arguments: 0..<10)
    func same(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let (a, b) = (try Replica.make("a"), try Replica.make("b\"\n"))
        for _ in 0..<random.below(5) {
            for replica in [a, b] {
                for number in 0..<random.below(30) {
                    let key = "k\(random.below(12))"
                    if random.oneIn(3) { try replica.delete(key) } else { try replica.set(key, "\(number)") }
                }
            }
            if random.oneIn(2) { #expect(try meet(a, b) == nil) }
        }
        let again = try again(a, as: "a")
        #expect(again.allEntries == a.allEntries)
        #expect(again.vector == a.vector)
        #expect(again.version == a.version)
        #expect(again.count == a.count)
        #expect(again.fingerprint == a.fingerprint)
        #expect(again.broken == nil)
        #expect(again.highestPurged == a.highestPurged)
        let (mine, other) = (again.exported().lines, a.exported().lines)
        #expect(mine.count == other.count)
        // The first line has the incarnation, and so do those of the vector.
        #expect(Set(mine.filter(isUpdate)) == Set(other.filter(isUpdate)))
        #expect(mine.suffix(2) == other.suffix(2))
    }

    @Test("An empty replica exports its head and an end; an export stops if the visitor returns false")
    func stops() throws {
        let replica = try Replica.make()
        #expect(replica.exported().lines.count == 3)
        for key in ["a", "b", "c"] { try replica.set(key, "1") }
        for most in 1...6 {
            var lines: [String] = []
            replica.export {
                lines.append($0.text)
                return lines.count < most
            }
            #expect(lines.count == most)
            #expect(lines.allSatisfy { $0.hasSuffix("\n") })
        }
        #expect(replica.exported().lines.count == 7)
    }

    @Test("A covered delete stays a delete")
    func deletes() throws {
        let (a, b, c) = (try Replica.make("a"), try Replica.make("b"), try Replica.make("c"))
        try b.set("k", "1")
        try a.set("k0", "1")
        #expect(try meet(a, b) == nil)
        try a.delete("k")
        try a.set("later", "2")
        #expect(try meet(a, c) == nil)
        let again = try again(c, as: "d")
        // Now it meets a replica that has not received the delete, and then all meet all.
        #expect(try meet(again, b) == nil)
        for pair in [(a, b), (a, again), (b, again)] { #expect(try meet(pair.0, pair.1) == nil) }
        #expect(again.allEntries == a.allEntries)
    }

    @Test("Under the same id, no version is issued a second time")
    func sameIDAfterADelete() throws {
        let (a, b) = (try Replica.make("a"), try Replica.make("b"))
        try a.set("k", "1")
        try a.delete("k")
        #expect(try meet(a, b) == nil)
        let again = try again(a, as: "a")
        for key in ["x", "y", "z"] { try again.set(key, "1") }
        #expect(try meet(again, b) == nil)
        #expect(b.walk().map(\.key.text) == ["x", "y", "z"])
    }

    @Test("Under the same id, the peers' versions of the own source are not another incarnation's")
    func sameIDAfterAnOverwrite() throws {
        let (a, b) = (try Replica.make("a"), try Replica.make("b"))
        try a.set("j", "0")
        try a.set("k", "1")
        #expect(try meet(a, b) == nil)
        try b.set("k", "2")
        #expect(try meet(a, b) == nil)
        let end = try LinkEnd(again(a, as: "a"))
        #expect(end.write(#"{"digest":true,"source_id":"a","version":2}"# + "\n") == nil)
        // From the entries alone it follows too: j by a:1, and k by b:3.
        let entries = try LinkEnd(Replica.make("a"))
        try entries.replica.load(a.allEntries)
        #expect(entries.write(#"{"digest":true,"source_id":"a","version":2}"# + "\n") == nil)
    }

    @Test("A beaten write is issued, although no entry shows it")
    func beaten() throws {
        let replica = try Replica.make("a") { $0.resolver = .host { update, current in current == nil } }
        try replica.set("k", "1")
        try replica.set("k", "2")
        let again = try again(replica, as: "a")
        try again.set("new", "1")
        #expect(again.entry("new")?.version == 3)
    }
}
