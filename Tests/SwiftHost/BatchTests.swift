import Scuttle
import Testing

@Suite struct BatchTests {
    @Test func aBatchMakesItsWritesInOrder() throws {
        let told = Box([Update]())
        var configuration = Configuration()
        configuration.onUpdate = { told.value.append($1) }
        let replica = try Replica("a", configuration)
        let long = JSONText("\"" + String(repeating: "x", count: 100_000) + "\"")
        #expect(
            try replica.write([
                .set("k", to: "1"), .set("l", to: "{\"on\": true}"), .set("k", to: "2"), .remove("l"),
                .set("\u{e9}", to: long),
            ]) == .done)
        #expect(told.value.map(\.key) == ["k", "l", "k", "l", "\u{e9}"])
        #expect(told.value.map(\.timestamp.version) == [1, 2, 3, 4, 5])
        #expect(told.value.map(\.isDelete) == [false, false, false, true, false])
        #expect(try replica["k"] == "2" && replica["l"] == nil && replica["\u{e9}"] == long)
        #expect(try replica.write([]) == .done)
        #expect(try replica.version == 5)
        #expect(Write.remove("k") == Write.remove("k"))
    }

    @Test func aBatchIsMadeAsAWholeOrNotAtAll() throws {
        let updates = Box(0)
        var configuration = Configuration()
        configuration.onUpdate = { _, _ in updates.value += 1 }
        configuration.maxKeys = 3
        configuration.maxValueBytes = 100
        let replica = try Replica("a", configuration)
        let long = JSONText("\"" + String(repeating: "x", count: 200) + "\"")
        let first = Write.set("k", to: "1")
        let wrong: [(ScuttleError.Code, Write)] = [
            (.key, .set("", to: "1")), (.key, .remove("")), (.nul, .remove("\0")), (.json, .set("l", to: "")),
            (.json, .set("l", to: "nonsense")), (.utf8, .set("l", to: JSONText([0x22, 0xff, 0x22]))),
            (.valueSize, .set("l", to: long)), (.argument, .set("l", to: "1", timeToLive: .milliseconds(-1))),
            (.argument, .set("l", to: "1", renews: true)),
        ]
        for (code, write) in wrong { expect(code) { try replica.write([first, write]) } }
        expect(.keys) { try replica.write(["a", "b", "c", "d"].map { .set($0, to: "1") }) }
        #expect(try replica.version == 0 && replica.count == 0)
        #expect(updates.value == 0)
    }

    @Test func timesToLiveInABatch() throws {
        let replica = try Replica("a")
        try replica.tick(milliseconds: 0)
        try replica.write([
            .set("short", to: "1", timeToLive: .milliseconds(100)), .set("now", to: "1", timeToLive: .zero),
            .set("ever", to: "1"),
            .set("long", to: "1", timeToLive: .seconds(Int64.max)),
        ])
        try replica.tick(milliseconds: 1)
        #expect(try replica.entries().map(\.key) == ["ever", "long", "short"])
        try replica.tick(milliseconds: 100)
        #expect(try replica.entries().map(\.key) == ["ever", "long"])
        try replica.tick(milliseconds: 1 << 60)
        #expect(try replica.entries().map(\.key) == ["ever", "long"])
    }

    @Test(arguments: [false, true]) func theReplicaRenewsAKey(inABatch: Bool) throws {
        let replica = try Replica("a")
        try replica.tick(milliseconds: 0)
        if inABatch {
            try replica.write([.set("k", to: "1", timeToLive: .milliseconds(100), renews: true)])
        } else {
            try replica.set("k", to: "1", timeToLive: .milliseconds(100), renews: true)
        }
        for time in stride(from: 0, through: 1_000, by: 25) { try replica.tick(milliseconds: UInt64(time)) }
        let entry = try #require(try replica.get("k"))
        #expect(entry.value == "1" && entry.timestamp.version > 15)
        try replica.set("k", to: "2", timeToLive: .milliseconds(100))
        try replica.tick(milliseconds: 1_099)
        #expect(try replica["k"] == "2")
        try replica.tick(milliseconds: 1_100)
        #expect(try replica["k"] == nil)
    }

    @Test func renewalsNeedATime() throws {
        let replica = try Replica("a")
        expect(.argument) { try replica.set("k", to: "1", renews: true) }
        expect(.argument) { try replica.set("k", to: "1", timeToLive: .zero, renews: true) }
        #expect(try replica.set("k", to: "1", timeToLive: .seconds(Int64.max), renews: true) == .done)
        try replica.tick(milliseconds: 1 << 60)
        #expect(try replica.version == 1)
    }

    @Test func aSetWithACondition() throws {
        let replica = try Replica("a")
        #expect(try replica.set("k", to: "1", ifEntryIs: nil) == .done)
        #expect(try replica.set("k", to: "2", ifEntryIs: nil) == .conflict)
        let entry = try #require(try replica.get("k"))
        #expect(try replica.set("k", to: "2", ifEntryIs: entry) == .done)
        #expect(try replica.set("k", to: "3", ifEntryIs: entry) == .conflict)
        #expect(try replica["k"] == "2" && replica.version == 2)
        let other = Entry(key: "k", value: "2", timestamp: Dot(source: "other", version: 2))
        #expect(try replica.set("k", to: "3", ifEntryIs: other) == .conflict)
        #expect(try replica.remove("k", ifEntryIs: entry) == .conflict)
        #expect(try replica.remove("k", ifEntryIs: replica.get("k")) == .done)
        #expect(try replica["k"] == nil)
        #expect(try replica.set("k", to: "4", ifEntryIs: entry) == .conflict)
        #expect(try replica.set("k", to: "4", ifEntryIs: replica.get("k")) == .done)
        expect(.key) { try replica.set("", to: "1", ifEntryIs: nil) }
        expect(.json) { try replica.set("k", to: "", ifEntryIs: nil) }
        #expect(try replica["k"] == "4")
    }

    @Test func entriesOfManyKeys() throws {
        let replica = try Replica("a")
        for index in 0..<1_000 { try replica.set("k\(index)", to: JSONText("\(index)")) }
        try replica.remove("k5")
        let keys = ["k3", "none", "k5", "k999", "k3", "\u{e9}"]
        let entries = try replica.entries(for: keys)
        #expect(entries == (try keys.map { try replica.get($0) }))
        #expect(entries.map { $0?.value.description } == ["3", nil, nil, "999", "3", nil])
        #expect(try replica.entries(for: []) == [])
        #expect(try replica.entries(for: (0..<1_000).map { "k\($0)" }).compactMap { $0 }.count == 999)
        for (code, key) in [(.key, ""), (.nul, "a\0"), (.keySize, String(repeating: "x", count: 70_000))]
            as [(ScuttleError.Code, String)]
        {
            expect(code) { try replica.entries(for: ["k3", key]) }
        }
        var seen: [Entry?] = []
        try replica.visitEntries(prefix: "k3") { entry in
            seen = (try? replica.entries(for: [entry.key, "none"])) ?? []
            return false
        }
        #expect(seen == [try replica.get("k3"), nil])
    }
}
