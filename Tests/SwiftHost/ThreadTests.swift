import Scuttle
import Testing

@Suite(.timeLimit(.minutes(2))) struct ThreadTests {
    @Test func eightTasksUseOneReplica() async throws {
        let seen = Box(0)  // guarded by the replica's lock
        var configuration = Configuration()
        configuration.onUpdate = { _, _ in seen.value += 1 }
        let here = try Replica("here", configuration)
        let there = try Replica("there")
        let toThere = try here.openLink(.live)
        let toHere = try there.openLink(.live)
        let changes = here.changes(limit: 16)
        let consumer = Task {
            for await _ in changes {}
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for index in 0..<200 {
                        let key = "\(task)/\(index % 20)"
                        try here.set(key, to: JSONText("\(index)"))
                        #expect(try here[key] == JSONText("\(index)"))
                        switch index % 8 {
                        case 0: _ = try toThere.info
                        // Another task may carry the bytes behind these first, which is an error of a message.
                        case 1: _ = try? toHere.write(toThere.read())
                        case 2: _ = try? toThere.write(toHere.read())
                        case 3: _ = try here.entries(prefix: "\(task)/")
                        case 4: try here.openLink().close()
                        case 5: try here.gossip()
                        case 6: expect(.key) { try here.set("", to: "1") }
                        default: _ = try here.history
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        consumer.cancel()
        await consumer.value
        #expect(try here.count == 160)
        #expect(seen.value == 1_600)
    }

    @Test func aLinkIsClosedWhileOthersUseIt() async throws {
        for _ in 0..<50 {
            let replica = try Replica("a")
            let link = try replica.openLink()
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        for _ in 0..<20 {
                            do throws(ScuttleError) {
                                try link.gossip()
                                _ = try link.read()
                                _ = try link.info
                                if task == 0 { link.close() }
                            } catch {
                                #expect(error.code == .argument)
                            }
                        }
                    }
                }
            }
            #expect(link.isClosed)
        }
    }

    @Test func replicasAreReleasedInAnyThread() async throws {
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<20 {
                        #expect(throws: Never.self) {
                            let replica = try Replica("r\(task)")
                            let links = try (0..<3).map { _ in try replica.openLink(.live) }
                            try replica.set("k", to: "1")
                            for link in links.dropFirst() { try link.gossip() }
                        }
                    }
                }
            }
        }
    }
}
