import Scuttle
import Testing

@Suite struct WatchingTests {
    /// The key and the value of each update; the value is "" for a delete.
    private func short(_ changes: ChangeSet) -> [[String]] {
        changes.updates.map { [$0.key, $0.isDelete ? "" : $0.value.description] }
    }

    @Test func aLookHasEachChangedKeyOnce() throws {
        let replica = try Replica("a")
        for (key, value) in [("k", "1"), ("l", "2"), ("k", "3"), ("m", "4")] {
            try replica.set(key, to: JSONText(value))
        }
        try replica.remove("l")
        let first = try replica.changes(since: .beginning)
        #expect(short(first) == [["k", "3"], ["m", "4"], ["l", ""]])
        #expect(!first.hasGap)
        #expect(first.updates[0].timestamp == Dot(source: replica.source, version: 3))
        #expect(first.updates[0].flags == .local)
        #expect(try replica.changes(since: first.cursor).updates == [])
        try replica.set("k", to: "5")
        let second = try replica.changes(since: first.cursor)
        #expect(short(second) == [["k", "5"]])
        #expect(try replica.changes(since: first.cursor) == second)
        #expect(second.cursor.position > first.cursor.position)
        #expect(second.cursor.incarnation == first.cursor.incarnation)
        let cursor = Cursor(incarnation: second.cursor.incarnation, position: second.cursor.position)
        #expect(try replica.changes(since: cursor).updates == [])
    }

    @Test func byPrefixAndAPartAtATime() throws {
        let replica = try Replica("a")
        for index in 0..<25 { try replica.set("\(index % 2 == 0 ? "even" : "odd")/\(index)", to: JSONText("\(index)")) }
        var (cursor, found, looks) = (Cursor.beginning, [String](), 0)
        while looks < 100 {
            let changes = try replica.changes(since: cursor, prefix: "odd/", limit: 5)
            #expect(changes.updates.count <= 5)
            cursor = changes.cursor
            if changes.updates.isEmpty { break }
            found += changes.updates.map(\.value.description)
            looks += 1
        }
        #expect(found == stride(from: 1, to: 25, by: 2).map(String.init))
        #expect(looks == 3)
        #expect(try replica.changes(since: .beginning, prefix: "none").updates == [])
        #expect(try replica.changes(since: .beginning, prefix: "\0").updates == [])
        #expect(try replica.changes(since: .beginning, limit: .max).updates.count == 25)
        for limit in [0, -1, .min] { expect(.argument) { try replica.changes(since: .beginning, limit: limit) } }
    }

    @Test func aVisitorStopsAndGoesOn() throws {
        let replica = try Replica("a")
        for key in ["k", "l", "m"] { try replica.set(key, to: "1") }
        var (cursor, seen) = (Cursor.beginning, [String]())
        let outcome = try replica.visitChanges(since: &cursor) { update in
            seen.append(update.key)
            expect(.busy) { try replica.set("other", to: "2") }
            #expect((try? replica[update.key]) == "1")
            return seen.count < 2
        }
        #expect(outcome == .done)
        #expect(seen == ["k", "l"])
        try replica.visitChanges(since: &cursor) { update in
            seen.append(update.key)
            return true
        }
        #expect(seen == ["k", "l", "m"])
    }

    @Test func aPurgedDeleteHasNoSource() throws {
        let replica = try Replica("a")
        try replica.set("k", to: "1")
        let cursor = try replica.changes(since: .beginning).cursor
        try replica.remove("k")
        try replica.purge()
        let update = try #require(try replica.changes(since: cursor).updates.first)
        #expect(update.isDelete && update.key == "k" && update.timestamp == Dot(source: "", version: 0))
    }

    @Test func aCursorOfAnotherStartIsAGap() throws {
        let replica = try Replica("a")
        try replica.set("k", to: "1")
        let cursor = try replica.changes(since: .beginning).cursor
        let next = try Replica("a")
        try next.import(try replica.export())
        let changes = try next.changes(since: cursor)
        #expect(changes.hasGap)
        #expect(short(changes) == [["k", "1"]])
        #expect(try !next.changes(since: changes.cursor).hasGap)
        var moved = cursor
        #expect(try next.visitChanges(since: &moved) { _ in true } == .gap)
        #expect(moved == changes.cursor)
    }

    @Test func tooManyRemovalsAreAGap() throws {
        let replica = try Replica("a")
        try replica.set("k", to: "1")
        let cursor = try replica.changes(since: .beginning).cursor
        for index in 0..<5_000 {
            try replica.set("k\(index)", to: "1")
            try replica.remove("k\(index)")
        }
        try replica.purge()
        let changes = try replica.changes(since: cursor)
        #expect(changes.hasGap && short(changes) == [["k", "1"]])
    }

    @Test func changesOfPeersAndInClosures() throws {
        let looks = Box([Int]())
        var configuration = Configuration()
        configuration.onUpdate = { replica, _ in
            looks.value.append((try? replica.changes(since: .beginning).updates.count) ?? -1)
        }
        let pair = try Pair(configuration)
        try pair.there.set("k", to: "[1]")
        try pair.settle()
        let updates = try pair.here.changes(since: .beginning).updates
        #expect(updates.map(\.timestamp) == [Dot(source: pair.there.source, version: 1)])
        #expect(updates.map(\.flags) == [[]])
        #expect(looks.value == [1])
    }
}
