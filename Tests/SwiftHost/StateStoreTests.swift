import Scuttle
import Testing

@Suite struct StateStoreTests {
    private let store = MemoryStore()

    @Test func aReplicaStartsFromItsStore() throws {
        var replica: Replica? = try store.replica()
        try replica?.set("k", to: "[1, 2]")
        try replica?.set("l", to: "2")
        try replica?.remove("k")
        let fingerprint = try replica?.fingerprint
        replica = nil
        let again = try store.replica()
        #expect(try again.entries().map(\.key) == ["l"])
        #expect(try again.fingerprint == fingerprint)
        #expect(try again.version == 3)
        #expect(!again.isTruncated)
    }

    @Test func aCallIsOneTransaction() throws {
        let replica = try store.replica()
        store.calls = []
        try replica.set("k", to: "1")
        #expect(store.calls.first == "begin" && store.calls.last == "commit")
        #expect(store.calls.dropFirst().dropLast().allSatisfy { $0 == "put" || $0 == "remove" })
        let row = try #require(store.rows[StateStore.Row.ID(kind: .entry, bytes: Array("k".utf8))])
        let update = try #require(row.update)
        #expect(update.key == "k" && update.value == "1" && update.flags == .local)
        #expect(update.timestamp == Dot(source: replica.source, version: 1))
        #expect(Set(store.rows.keys.map(\.kind)) == [.entry, .source, .replica])
        store.calls = []
        #expect(try replica["k"] == "1")
        #expect(store.calls == [])
    }

    @Test func updatesOfAPeerAreStored() throws {
        let (here, there) = (try store.replica(), try Replica("there"))
        for index in 0..<8 { try there.set("k\(index)", to: JSONText("\(index)")) }
        let (toThere, toHere) = (try here.openLink(), try there.openLink())
        try carry(toThere, toHere)
        #expect(try here.entries() == there.entries())
        #expect(try store.replica().entries() == there.entries())
    }

    @Test(arguments: ["begin", "put", "commit"]) func aWriteThatFailsChangesNothing(name: String) throws {
        let replica = try store.replica()
        try replica.set("k", to: "1")
        let rows = store.rows
        for write in [
            { try replica.set("k", to: "2") }, { try replica.remove("k") },
            { try replica.set("k", to: "2", timeToLive: .seconds(1)) },
        ] as [() throws -> Outcome] {
            store.failing = [name]
            do {
                _ = try write()
                Issue.record("no error")
            } catch let error as ScuttleError {
                #expect(error.code == .store)
                #expect(error.message.hasSuffix(": \(name) has thrown out of reach"), "\(error)")
            }
            #expect(store.calls.last == "rollback")
            #expect(try replica["k"] == "1")
            #expect(try replica.version == 1)
            #expect(store.rows == rows)
        }
        #expect(try replica.set("k", to: "2") == .done)
        #expect(try store.replica()["k"] == "2")
    }

    @Test func aWriteOfALinkThatFailsIsUndone() throws {
        let (here, there) = (try store.replica(), try Replica("there"))
        try here.set("mine", to: "1")
        try there.set("k", to: "1")
        let (toThere, toHere) = (try here.openLink(), try there.openLink())
        store.failing = ["commit"]
        expect(.store) { try carry(toThere, toHere) }
        #expect(try here.entries().map(\.key) == ["mine"])
        for _ in 0..<3 { try carry(toThere, toHere) }
        #expect(try here.entries() == there.entries())
        #expect(try store.replica().entries() == there.entries())
    }

    @Test func aStartWhoseLoadFails() throws {
        store.failing = ["load"]
        do {
            _ = try store.replica()
            Issue.record("no error")
        } catch let error as ScuttleError {
            #expect(error.code == .store && error.message.hasSuffix(": load has thrown out of reach"), "\(error)")
        }
        #expect(throws: Never.self) { try store.replica().set("k", to: "1") }
        for id in store.rows.keys where id.kind == .replica { store.rows[id] = nil }
        expect(.store) { try store.replica() }
    }

    @Test func whileLoadFailsTooEachCallFails() throws {
        let replica = try store.replica()
        try replica.set("k", to: "1")
        try replica.remove("k")
        store.failing = ["commit", "load"]
        expect(.store) { try replica.purge() }
        store.failing = ["load"]
        expect(.store) { try replica["k"] }
        #expect(try replica["k"] == nil)
        try replica.set("k", to: "2")
        #expect(try store.replica()["k"] == "2")
    }

    @Test func stateAndStoreExcludeEachOther() {
        var configuration = Configuration()
        configuration.state = []
        expect(.argument) { try store.replica("a", configuration) }
        #expect(store.calls == [])
    }

    @Test func aReplicaIsReleasedWithItsStore() throws {
        weak var released: Replica?
        weak var kept: MemoryStore?
        try {
            let store = MemoryStore()
            let replica = try store.replica()
            try replica.set("k", to: "1")
            (released, kept) = (replica, store)
        }()
        #expect(released == nil && kept == nil)
    }

    /// Gossips, and carries until both are silent.
    private func carry(_ a: Link, _ b: Link) throws {
        try a.gossip()
        try b.gossip()
        while true {
            let (fromA, fromB) = (try a.read(), try b.read())
            if fromA.isEmpty && fromB.isEmpty { return }
            try b.write(fromA)
            try a.write(fromB)
        }
    }
}
