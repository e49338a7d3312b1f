import Scuttle
import Testing

@Suite(.timeLimit(.minutes(1))) struct ChangesTests {
    @Test func changesComeInOrder() async throws {
        let replica = try Replica("a")
        let changes = replica.changes
        for index in 1...3 { try replica.set("k\(index)", to: JSONText("\(index)")) }
        var iterator = changes.makeAsyncIterator()
        for index in 1...3 {
            guard case .update(let update) = await iterator.next() else {
                Issue.record("no update")
                return
            }
            #expect(update.key == "k\(index)" && update.value == JSONText("\(index)") && update.flags == .local)
        }
    }

    @Test func aSlowConsumerGetsTheLatestOfEachKey() async throws {
        let replica = try Replica("a")
        let changes = replica.changes
        for index in 1...10_000 { try replica.set("k\(index % 3)", to: JSONText("\(index)")) }
        var iterator = changes.makeAsyncIterator()
        var values: [String] = []
        for _ in 0..<3 {
            if case .update(let update) = await iterator.next() { values.append(update.value.description) }
        }
        #expect(values == ["9998", "9999", "10000"])
    }

    @Test func aConsumerIsToldThatItMissedUpdates() async throws {
        let replica = try Replica("a")
        let changes = replica.changes(limit: 10)
        for index in 1...11 { try replica.set("k\(index)", to: "1") }
        try replica.set("later", to: "2")
        var iterator = changes.makeAsyncIterator()
        #expect(await iterator.next() == .missed)
        #expect(try replica.count == 12)
        guard case .update(let update) = await iterator.next() else {
            Issue.record("no update")
            return
        }
        #expect(update.key == "later")
    }

    @Test(arguments: [0, -1, .min, 1]) func theLimitIsAtLeastOne(limit: Int) async throws {
        let replica = try Replica("a")
        let changes = replica.changes(limit: limit)
        try replica.set("k", to: "1")
        try replica.set("k", to: "2")
        var iterator = changes.makeAsyncIterator()
        guard case .update(let update) = await iterator.next() else {
            Issue.record("no update")
            return
        }
        #expect(update.value == "2")
    }

    @Test func changesEndWithTheReplica() async throws {
        var replica: Replica? = try Replica("a")
        let changes = try #require(replica).changes
        try replica?.set("k", to: "1")
        replica = nil
        var seen: [Changes.Element] = []
        for await change in changes { seen.append(change) }
        #expect(seen.count == 1)
    }

    @Test func aConsumerWaits() async throws {
        let replica = try Replica("a")
        let changes = replica.changes
        let consumer = Task {
            var keys: [String] = []
            for await case .update(let update) in changes {
                keys.append(update.key)
                if update.key == "last" { return keys }
            }
            return keys
        }
        for index in 0..<100 {
            try replica.set("k\(index)", to: "1")
            if index % 10 == 0 { await Task.yield() }
        }
        try replica.set("last", to: "1")
        #expect(await consumer.value == (0..<100).map { "k\($0)" } + ["last"])
    }

    @Test func aConsumerIsCancelled() async throws {
        let replica = try Replica("a")
        let changes = replica.changes
        let consumer = Task {
            for await _ in changes {}
        }
        await Task.yield()
        consumer.cancel()
        await consumer.value
        try replica.set("k", to: "1")
    }

    @Test func changesOfPeersAndSeveralConsumers() async throws {
        let pair = try Pair()
        let all = [pair.here.changes, pair.here.changes(limit: 2)]
        try pair.there.set("k", to: "1")
        try pair.settle()
        for changes in all {
            var iterator = changes.makeAsyncIterator()
            guard case .update(let update) = await iterator.next() else {
                Issue.record("no update")
                return
            }
            #expect(update.key == "k" && update.timestamp.source == pair.there.source)
        }
    }
}
