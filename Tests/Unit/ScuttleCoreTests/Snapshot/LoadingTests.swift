import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Loading")
struct LoadingTests {
    private static let entries = [
        PlainUpdate("x", "1", "a", 4), PlainUpdate("y", "2", "b", 2), PlainUpdate(delete: "z", "a", 7),
        PlainUpdate("w", "3", "local", 5), PlainUpdate("v", "4", "a", 1),
    ]

    @Test(
        "Entries in any order give the same state, vector and version; the history stays empty, and no callback is called"
    )
    func anyOrder() throws {
        var snapshots: [Snapshot] = []
        try withEveryOrder(of: Self.entries) { entries in
            let updates = Collected<String>()
            let replica = try Replica.make { $0.onUpdate = { updates.all.append($0.key.text) } }
            try replica.load(entries)
            check(replica.broken == nil, "\(String(describing: replica.broken))")
            check(updates.all.isEmpty, "onUpdate was called")
            snapshots.append(Snapshot(replica))
        }
        let first = try #require(snapshots.first)
        #expect(snapshots.allSatisfy { $0 == first })
        // Entries claim nothing; but the own source has issued no more than the highest version, and may claim it.
        #expect(first.vector == ["local": 7])
        #expect(first.version == 7)
        #expect(first.count == 4)
        #expect(first.entries == Self.entries.sorted { $0.key.lexicographicallyPrecedes($1.key) })
        #expect(first.history.values.allSatisfy { $0.isEmpty })
    }

    @Test("Several updates of a key: the winner stands, and nothing is claimed")
    func severalOfAKey() throws {
        let replica = try Replica.make()
        try replica.load([
            PlainUpdate("k", "new", "b", 5), PlainUpdate("k", "old", "a", 9), PlainUpdate("k", "beaten", "c", 3),
            PlainUpdate("other", "1", "b", 4),
        ])
        #expect(replica.entry("k") == PlainUpdate("k", "old", "a", 9))
        #expect(replica.vector.isEmpty)
        #expect(replica.version == 9)
        #expect(replica.broken == nil)
    }

    @Test("Loaded entries are sent to peers, in order, and behave as any others")
    func answers() throws {
        let expected = Self.entries.sorted { $0.isOlder(than: $1) }.map(\.line)
        let vector = [("a", 7), ("b", 2)].map { #"{"digest":true,"id":"\#($0)","version":\#($1)}"# }
        let end = try LinkEnd(Replica.make())
        try end.replica.load([UInt8]((Self.entries.map(\.line) + vector).joined(separator: "\n")))
        end.write(#"{"digest":true,"done":true}"# + "\n")
        #expect(end.readLines() == expected)
        try end.replica.set("x", "8")
        #expect(end.replica.entry("x")?.version == 8)
        #expect(end.replica.broken == nil)
    }

    @Test("Updates alone, of which none is covered, are sent to peers of the extended dialect")
    func ahead() throws {
        let (a, b, c) = (try Replica.make(), try Replica.make("first"), try Replica.make("second"))
        try a.load(Self.entries)
        #expect(try meet(a, b) == nil)
        #expect(b.allEntries == a.allEntries)
        #expect(b.vector["a"] == nil)
        // A classic peer would cover the versions below a gap, too.
        #expect(try meet(a, c, .classic) == nil)
        #expect(c.allEntries.map(\.key.text) == ["w"])
    }

    @Test("As lines, with white space, blank lines and no newline at the end")
    func lines() throws {
        let replica = try Replica.make()
        let clock = [#"{"digest":true,"id":"a","version":3}"#, #"{"digest":true,"source_id":"d","version":5}"#]
        let text = "\n" + (Self.entries.map(\.line) + clock).map { " \($0) \r" }.joined(separator: "\n\n")
        try replica.load([UInt8](text))
        #expect(replica.count == 4)
        #expect(replica.vector == ["a": 3, "local": 7, "d": 5])
        #expect(replica.broken == nil)
    }

    @Test(
        "A malformed line is an error, and so is a message that is not an update",
        arguments: [
            (#"{"digest":true,"done":true}"#, .message),
            (#"{"digest":true,"id":"a","version":1,"done":true}"#, .message),
            (#"{"digest":true,"id":"a","version":1.5}"#, .version), (#"{"digest":true,"id":"","version":1}"#, .id),
            ("{", .json), (#"{"key":"k","value":1,"source_id":"a","version":0}"#, .version),
            (#"{"key":"","value":1,"source_id":"a","version":1}"#, .key),
            (#"{"key":"k","value":1,"source_id":"","version":1}"#, .id),
        ] as [(String, Failure.Code)])
    func refused(line: String, code: Failure.Code) throws {
        let replica = try Replica.make()
        let text = [UInt8](Self.entries[0].line + "\n" + line + "\n")
        let told = failure { () throws(Failure) in try replica.load(text) }
        #expect(told == code)
    }

    @Test("Two entries with one source and version are rejected: no replica writes them")
    func sameVersionTwice() throws {
        let replica = try Replica.make()
        let code = failure { () throws(Failure) in
            try replica.load([PlainUpdate("x", "1", "a", 3), PlainUpdate("y", "2", "a", 3)])
        }
        #expect(code == .version)
    }
}
