import Scuttle
import Testing

@Suite struct ReplicaTests {
    @Test func namesAndSources() throws {
        let replica = try Replica("lamp")
        #expect(replica.name == "lamp")
        #expect(Replica.libraryVersion.split(separator: ".").count == 3)
        #expect(replica.source.hasPrefix("lamp~") && replica.source.utf8.count == "lamp~".utf8.count + 8)
        var configuration = Configuration()
        configuration.usesExactID = true
        #expect(try Replica("lamp", configuration).source == "lamp")
    }

    @Test func setsAndGets() throws {
        let replica = try Replica("a")
        #expect(try replica.set("k", to: "{\"on\": true}") == .done)
        let entry = try #require(try replica.get("k"))
        #expect(entry == Entry(key: "k", value: "{\"on\":true}", timestamp: Dot(source: replica.source, version: 1)))
        #expect(try replica["k"] == "{\"on\":true}")
        #expect(try replica.count == 1)
        #expect(try replica.version == 1)
        #expect(try replica.get("other") == nil)
        #expect(try replica["other"] == nil)
        #expect(try replica.remove("k") == .done)
        #expect(try replica["k"] == nil)
        #expect(try replica.count == 0)
        #expect(try replica.remove("never there") == .done)
    }

    @Test(arguments: [0, 1, 900, 1_000, 1_001, 70_000, 1_000_000]) func getsValuesOfAnyLength(count: Int) throws {
        let replica = try Replica("a")
        let value = JSONText("\"" + String(repeating: "x", count: count) + "\"")
        try replica.set("k", to: value)
        #expect(try replica["k"] == value)
    }

    @Test func keepsTheSpellingOfValues() throws {
        let replica = try Replica("a")
        for text in ["1.50", "123456789012345678901234567890", "\"\\u00e9\"", "[]", "\"\u{1F600}\"", "null"] {
            try replica.set("k", to: JSONText(text))
            #expect(try replica["k"]?.description == text)
        }
    }

    @Test func iteratesByPrefix() throws {
        let replica = try Replica("a")
        for key in ["b/2", "a", "b/10", "b", "c", "b/\u{e9}"] { try replica.set(key, to: "1") }
        try replica.remove("b/2")
        #expect(try replica.entries().map(\.key) == ["a", "b", "b/10", "b/\u{e9}", "c"])
        #expect(try replica.entries(prefix: "b/").map(\.key) == ["b/10", "b/\u{e9}"])
        #expect(try replica.entries(prefix: "none") == [])
        #expect(try replica.entries(prefix: "\0") == [])
        #expect(try replica.entries(prefix: String(repeating: "x", count: 100_000)) == [])
        var seen: [String] = []
        try replica.visitEntries { entry in
            seen.append(entry.key)
            return seen.count < 2
        }
        #expect(seen == ["a", "b"])
    }

    @Test func aVisitorReadsAndDoesNotWrite() throws {
        let replica = try Replica("a")
        try replica.set("k", to: "1")
        var visits = 0
        try replica.visitEntries { entry in
            visits += 1
            #expect((try? replica[entry.key]) == "1")
            expect(.busy) { try replica.set("other", to: "2") }
            return true
        }
        #expect(visits == 1)
        #expect(try replica["other"] == nil)
    }

    @Test func timesToLive() throws {
        let replica = try Replica("a")
        try replica.tick(milliseconds: 1_000)
        try replica.set("short", to: "1", timeToLive: .milliseconds(20))
        try replica.set("long", to: "2", timeToLive: .seconds(3_600))
        try replica.set("now", to: "3", timeToLive: .zero)
        try replica.set("ever", to: "4", timeToLive: .seconds(Int64.max))
        try replica.set("rounded up", to: "5", timeToLive: .nanoseconds(1))
        #expect(try replica.tick(milliseconds: 1_000) == .done)
        #expect(try replica.entries().map(\.key) == ["ever", "long", "rounded up", "short"])
        #expect(try replica.tick(milliseconds: 1_001) == .done)
        #expect(try replica["rounded up"] == nil)
        #expect(try replica.tick(milliseconds: 1_020) == .done)
        #expect(try replica.entries().map(\.key) == ["ever", "long"])
        #expect(try replica.tick(milliseconds: 0) == .done)
        expect(.argument) { try replica.set("k", to: "1", timeToLive: .milliseconds(-1)) }
        expect(.argument) { try replica.set("k", to: "1", timeToLive: .nanoseconds(-1)) }
        expect(.unsupported) {
            try Replica("b", Configuration(resolver: .greaterValue)).set("k", to: "1", timeToLive: .zero)
        }
    }

    @Test func aTickSaysThatMoreIsDue() throws {
        let replica = try Replica("a")
        try replica.tick(milliseconds: 0)
        for index in 0..<5_000 { try replica.set("k\(index)", to: "1", timeToLive: .milliseconds(1)) }
        #expect(try replica.tick(milliseconds: 10) == .more)
        #expect(try replica.count == 904)
        #expect(try replica.tick(milliseconds: 10) == .done)
        #expect(try replica.count == 0)
    }

    @Test func purgesAndRetires() throws {
        var configuration = Configuration()
        configuration.keepsTombstones = true
        let replica = try Replica("a", configuration)
        try replica.set("k", to: "1")
        try replica.remove("k")
        #expect(try replica.purge() == 1)
        #expect(try replica.purge() == 0)
        #expect(try replica.retire("nobody") == false)
        #expect(try replica.retire("") == false)
        #expect(try replica.retire(String(repeating: "x", count: 1_000)) == false)
        #expect(try replica.retire("a") == true)
        expect(.unsupported) { try replica.set("k", to: "1") }
        expect(.unsupported) { try replica.remove("k") }
        let custom = try Replica("b", Configuration(resolver: .custom { _, _ in true }))
        expect(.unsupported) { try custom.purge() }
    }

    @Test func savesAndStartsAgain() throws {
        let first = try Replica("a")
        for index in 0..<100 { try first.set("k\(index)", to: JSONText("\(index)")) }
        try first.remove("k0")
        let saved = try first.export()
        let second = try Replica("a")
        #expect(try second.import(saved) == .done)
        #expect(try second.fingerprint == first.fingerprint)
        #expect(try second.versionVector[first.source] == 101)
        #expect(second.source != first.source)
        let third = try Replica("a")
        #expect(try third.import(Array(saved.dropLast(30))) == .truncated)
        #expect(try third.count > 0)
        expect(.argument) { try second.import(saved) }
        let fourth = try Replica("a")
        expect(.json) { try fourth.import(Array("nonsense\n".utf8)) }
        #expect(try fourth.import([]) == .done)
    }

    @Test func theVersionVectorNamesSources() throws {
        let pair = try Pair()
        try pair.here.set("k", to: "1")
        try pair.there.set("l", to: "1")
        try pair.settle()
        let vector = try pair.here.versionVector
        #expect(vector.keys.sorted() == [pair.here.source, pair.there.source].sorted())
        #expect(vector[pair.here.source]! >= 1)
        #expect(try pair.here.fingerprint == pair.there.fingerprint)
        #expect(try pair.here.fingerprint != 0)
    }

    @Test func theHistory() throws {
        let replica = try Replica("a")
        for index in 1...12 { try replica.set("k", to: JSONText("\(index)")) }
        #expect(try replica.history.map(\.timestamp.version) == Array(3...12))
        #expect(try replica.news(of: replica.source, above: 9).map(\.value.description) == ["10", "11", "12"])
        #expect(try replica.news(of: "unknown") == [])
        #expect(try replica.news(of: String(repeating: "x", count: 1_000)) == [])
        #expect(try replica.trimHistory { $0.timestamp.version < 10 } == 7)
        #expect(try replica.history.allSatisfy { $0.flags == .local && $0.dot == $0.timestamp })
        let recorded = Update(key: "other", value: "1", timestamp: Dot(source: "x", version: 7))
        try replica.record(recorded)
        #expect(try replica.history.map(\.key) == ["other", "k", "k", "k"])
        #expect(try replica.history.first == recorded)
        #expect(try replica["other"] == nil)
        expect(.busy) { try replica.keepHistory(upTo: 100) }
        expect(.argument) { try replica.keepHistory(upTo: -1) }
        for (code, key, value, source, version) in [
            (.key, "", "1", "x", 1), (.json, "k", "", "x", 1), (.id, "k", "1", "", 1), (.version, "k", "1", "x", 0),
            (.identity, "k", "1", replica.source, 1_000),
        ] as [(ScuttleError.Code, String, String, String, UInt64)] {
            let update = Update(key: key, value: JSONText(value), timestamp: Dot(source: source, version: version))
            expect(code) { try replica.record(update) }
        }
    }

    @Test func sortsTheHistory() throws {
        var configuration = Configuration()
        configuration.sort = { $0.timestamp.version > $1.timestamp.version }
        let replica = try Replica("a", configuration)
        for index in 1...5 { try replica.set("k", to: JSONText("\(index)")) }
        #expect(try replica.history.map(\.timestamp.version) == [5, 4, 3, 2, 1])
    }

    @Test func resolvers() throws {
        let greater = try Replica("a", Configuration(resolver: .greaterValue))
        try greater.set("k", to: "2")
        try greater.set("k", to: "1")
        #expect(try greater["k"] == "2")
        let custom = try Replica(
            "a",
            Configuration(
                resolver: .custom { update, current in
                    guard let current else { return true }
                    return update.value.bytes.count > current.value.bytes.count
                }))
        for value in ["11", "2", "333", "44"] { try custom.set("k", to: JSONText(value)) }
        #expect(try custom["k"] == "333")
    }

    @Test func looksForFlawsOfResolvers() throws {
        let updates = (1...3).map {
            Update(key: "k", value: JSONText("\($0)"), timestamp: Dot(source: "s", version: UInt64($0)))
        }
        #expect(try Resolver.lastWriter.flaw(among: updates) == nil)
        #expect(try Resolver.greaterValue.flaw(among: []) == nil)
        let late = try #require(try Resolver.custom { _, _ in true }.flaw(among: updates))
        #expect(late.law == .idempotent && late.offsets == [0, 1])
        let early = try #require(try Resolver.custom { _, current in current == nil }.flaw(among: updates))
        #expect(early.law == .commutative && early.offsets == [0, 1])
        // Each beats the next one, and the last one the first.
        let circle = Resolver.custom { update, current in
            guard let current else { return true }
            return (update.timestamp.version + 1) % 3 == current.timestamp.version % 3
        }
        let round = try #require(try circle.flaw(among: updates))
        #expect(round.law == .associative && round.offsets.count == 3)
        let bad = Update(key: "k", value: "nonsense", timestamp: Dot(source: "s", version: 9))
        expect(.json) { try Resolver.lastWriter.flaw(among: updates + [bad]) }
        let nameless = Update(key: "k", value: "1", timestamp: Dot(source: "", version: 9))
        expect(.id) { try Resolver.lastWriter.flaw(among: [nameless]) }
        let unversioned = Update(key: "k", value: "1", timestamp: Dot(source: "s", version: 0))
        expect(.version) { try Resolver.lastWriter.flaw(among: [unversioned]) }
        expect(.argument) { try Resolver.lastWriter.flaw(among: Array(repeating: updates[0], count: 1_001)) }
        #expect(try Resolver.lastWriter.flaw(among: Array(repeating: updates[0], count: 1_000)) == nil)
    }
}
