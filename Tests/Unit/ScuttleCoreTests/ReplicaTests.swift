import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Replica")
struct ReplicaTests {
    @Test("A write has one more than the highest version seen, and wins over all earlier ones")
    func versions() throws {
        let replica = try Replica.make()
        try replica.set("k", "1")
        #expect(replica.version == 1)
        try replica.receive(PlainUpdate("k", "2", "z", 40))
        #expect(try replica.value("k") == "2")
        try replica.set("k", "3")
        #expect(replica.version == 41)
        #expect(replica.entry("k") == PlainUpdate("k", "3", "local", 41))
        try replica.receive(PlainUpdate("k", "4", "a", 7))
        #expect(replica.version == 41)
        #expect(try replica.value("k") == "3")
        #expect(replica.vector == ["local": 41, "z": 40, "a": 7])
    }

    @Test("A deleted key is absent, and its tombstone is an entry")
    func deletes() throws {
        let replica = try Replica.make()
        try replica.delete("never there")
        try replica.set("k", "1")
        #expect(replica.count == 1)
        try replica.delete("k")
        #expect(try replica.value("k") == nil)
        #expect(replica.count == 0)
        #expect(replica.entry("k") == PlainUpdate(delete: "k", "local", 3))
        #expect(replica.walk().isEmpty)
        try replica.set("k", "2")
        #expect(replica.walk() == [PlainUpdate("k", "2", "local", 4)])
        #expect(replica.broken == nil)
    }

    @Test("onUpdate is called for each update that became an entry, local or a peer's, and for no other")
    func onUpdate() throws {
        let told = Collected<String>()
        let replica = try Replica.make {
            $0.onUpdate = { told.all.append("\($0.key.text) \($0.value.text) \($0.isLocal) \($0.isDelete)") }
        }
        try replica.set("a", "1")
        try replica.receive(PlainUpdate("a", "2", "z", 9))
        try replica.receive(PlainUpdate("a", "3", "y", 8))
        try replica.receive(PlainUpdate("a", "2", "z", 9))
        try replica.receive(PlainUpdate(delete: "b", "z", 10))
        try replica.delete("a")
        #expect(told.all == ["a 1 true false", "a 2 false false", "b null false true", "a null true true"])
    }

    @Test("The resolver decides on local writes and received ones, with the present entry")
    func hostResolver() throws {
        let asked = Collected<String>()
        let replica = try Replica.make {
            $0.resolver = .host { update, current in
                asked.all.append("\(update.value.text) or \(current?.value.text ?? "nothing")")
                return update.value.text != "no"
            }
        }
        try replica.set("k", "no")
        #expect(try replica.value("k") == nil)
        try replica.set("k", "1")
        try replica.receive(PlainUpdate("k", "no", "z", 9))
        try replica.receive(PlainUpdate("k", "2", "z", 10))
        #expect(asked.all == ["no or nothing", "1 or nothing", "no or 1", "2 or 1"])
        #expect(replica.entry("k") == PlainUpdate("k", "2", "z", 10))
        #expect(replica.vector == ["local": 2, "z": 10])
        #expect(replica.updates("local", above: 0).map(\.value.text) == ["no", "1"])
        #expect(replica.broken == nil)
    }

    @Test("A beaten update is covered: it is not requested again, and not sent on")
    func beaten() throws {
        let end = try LinkEnd(Replica.make())
        try end.replica.receive(PlainUpdate("k", "1", "z", 9))
        try end.replica.receive(PlainUpdate("k", "2", "a", 5))
        #expect(end.replica.vector["a"] == 5)
        end.write(#"{"digest":true,"done":true}"# + "\n")
        #expect(end.readLines() == [PlainUpdate("k", "1", "z", 9).line])
    }

    @Test("Fingerprints are equal for equal entries, in any order of arrival, and differ if an entry does")
    func fingerprint() throws {
        let updates = [
            PlainUpdate("a", "1", "x", 1), PlainUpdate("b", "1", "y", 2), PlainUpdate(delete: "c", "z", 3),
            PlainUpdate("d", "[1.0]", "w", 4),
        ]
        var fingerprints: Set<UInt64> = []
        try withEveryOrder(of: updates) { updates in
            let replica = try Replica.make("r\(fingerprints.count)", seed: UInt64(fingerprints.count) + 5)
            for update in updates { try replica.receive(update) }
            fingerprints.insert(replica.fingerprint)
        }
        #expect(fingerprints.count == 1)
        let others = [
            PlainUpdate("d", "[1]", "w", 4), PlainUpdate("d", "[1.0]", "w", 5), PlainUpdate("d", "[1.0]", "v", 4),
            PlainUpdate("e", "[1.0]", "w", 4), PlainUpdate(delete: "d", "w", 4),
        ]
        for other in others {
            let replica = try Replica.make()
            for update in updates.dropLast() + [other] { try replica.receive(update) }
            fingerprints.insert(replica.fingerprint)
        }
        #expect(fingerprints.count == 1 + others.count)
        #expect(try Replica.make().fingerprint == 0)
    }

    @Test("The same seed gives the same bytes; another one the same messages in another order")
    func seeds() throws {
        func digests(_ seed: UInt64) throws -> [String] {
            let end = try LinkEnd(Replica.make(seed: seed), .classic)
            for number in 0..<30 { try end.replica.receive(PlainUpdate("k\(number)", "1", "s\(number)", 1)) }
            end.askForEverything()
            end.link.gossip()
            return end.readLines()
        }
        let first = try digests(1)
        #expect(try digests(1) == first)
        let others = try (2...6).map { try digests($0) }
        #expect(others.allSatisfy { Set($0) == Set(first) })
        #expect(others.contains { $0 != first })
    }

    @Test("Any valid key is found again, and survives a trip to a peer and back", arguments: 0..<10)
    func anyKey(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let (a, b) = (try Replica.make("a"), try Replica.make("b"))
        for word in ["__proto__", "toString", "constructor", "hasOwnProperty", "digest", "", " "] where !word.isEmpty {
            try a.set(word, "1")
        }
        for number in 0..<40 { try a.set(random.text(1...12).text, "\(number)") }
        #expect(try meet(a, b) == nil)
        #expect(a.allEntries == b.allEntries)
        for entry in a.walk() { #expect(try b.value(entry.key.text) == entry.value.text) }
    }
}
