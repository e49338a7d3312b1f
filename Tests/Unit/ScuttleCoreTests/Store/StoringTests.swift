import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// A replica in its host's store, and loads from it. The simulator stores and kills replicas of all kinds.
@Suite("Storing")
struct StoringTests {
    /// Rows by kind and id.
    private final class Rows {
        var rows: [String: [UInt8]] = [:]
        private var pending: [String: [UInt8]] = [:]
        /// The calls, one word each.
        var calls: [String] = []
        var failing = ""

        private func say(_ call: String) -> Bool {
            calls.append(call)
            return call != failing
        }

        private static func key(_ kind: StateStore.Kind, _ id: Bytes) -> String { "\(kind) \([UInt8](id).text)" }

        var store: StateStore {
            StateStore(
                begin: {
                    self.pending = self.rows
                    return self.say("begin")
                },
                put: { kind, id, line, _ in
                    self.pending[Self.key(kind, id)] = [UInt8](line)
                    return self.say("put")
                },
                remove: { kind, id in
                    self.pending[Self.key(kind, id)] = nil
                    return self.say("remove")
                },
                commit: {
                    guard self.say("commit") else { return false }
                    self.rows = self.pending
                    return true
                },
                rollback: { _ = self.say("rollback") })
        }

        func load(_ name: String) throws -> Replica {
            let replica = try Replica.make(name)
            var text = rows["replica head"] ?? []
            for (key, line) in rows where key != "replica head" { text += line }
            var end = MessageBuffer()
            end.appendEnd(lines: UInt64(text.count { $0 == 0x0a }))
            try #expect(replica.load(text + [UInt8](end.bytes)))
            return replica
        }
    }

    private func replica(_ rows: Rows, _ adjust: (inout Configuration) -> Void = { _ in }) throws -> Replica {
        try Replica.make("a") {
            $0.store = rows.store
            adjust(&$0)
        }
    }

    @Test("A write is stored before it is made, in one transaction, and nothing remains to be stored after it")
    func write() throws {
        let rows = Rows()
        let replica = try replica(rows)
        try replica.store()
        rows.calls = []
        try replica.set("k", "1")
        #expect(rows.calls == ["begin", "put", "put", "commit"])
        try replica.store()
        #expect(rows.calls.count == 4)
        #expect(try rows.load("a").allEntries == replica.allEntries)
        #expect(try rows.load("a").vector == replica.vector)
    }

    @Test("A write whose store fails changes nothing", arguments: ["begin", "put", "commit"])
    func failing(call: String) throws {
        let rows = Rows()
        let replica = try replica(rows)
        try replica.set("k", "1")
        let before = Snapshot(replica)
        rows.failing = call
        for _ in 0..<2 {
            #expect(failure { () throws(Failure) in try replica.set("k", "2") } == .store)
            #expect(failure { () throws(Failure) in try replica.delete("k") } == .store)
            #expect(rows.calls.last == "rollback")
        }
        #expect(Snapshot(replica) == before)
        rows.failing = ""
        try replica.set("k", "3")
        #expect(try rows.load("a").allEntries == replica.allEntries)
    }

    @Test("A key that was set before the first tick has the same age in the store")
    func age() throws {
        let rows = Rows()
        let replica = try replica(rows)
        try "k".lend { (key) throws(Failure) in
            try "1".lend { (value) throws(Failure) in try replica.set(key, to: value, for: 1000) }
        }
        for time: UInt64 in [5000, 5400, 5900] {
            try replica.tick(time)
            try replica.store()
        }
        let loaded = try rows.load("a")
        try loaded.tick(5950)
        #expect(loaded.count == 1)
        try loaded.tick(6001)
        #expect(loaded.count == 0)
    }

    @Test("A purge and its source are stored; the rows of removed entries are removed")
    func purge() throws {
        let rows = Rows()
        let replica = try replica(rows) { $0.keepsTombstones = true }
        for number in 1...5 { try replica.set("k\(number)", "1") }
        for number in 1...4 { try replica.delete("k\(number)") }
        #expect(try replica.purge() == 4)
        try replica.store()
        #expect(rows.rows.keys.filter { $0.hasPrefix("entry") } == ["entry k5"])
        let loaded = try rows.load("a")
        #expect(loaded.own.purged == replica.own.purged)
        #expect(loaded.highestPurged == replica.highestPurged)
    }
}
