import Scuttle
import Testing

/// A state store in memory that is strict about the order of calls, and fails if a test says so.
final class MemoryStore: @unchecked Sendable {
    struct Broken: Error, CustomStringConvertible {
        let description = "out of\nreach"
    }

    var rows: [StateStore.Row.ID: StateStore.Row] = [:]
    /// The names of the closures that were called.
    var calls: [String] = []
    /// The closures that fail, once each.
    var failing: Set<String> = []
    private var pending: [StateStore.Row.ID: StateStore.Row]?

    /// The closures. The lock of the one replica that calls them guards the store.
    var closures: StateStore {
        StateStore(
            load: { take in
                try self.call("load")
                #expect(self.pending == nil)
                for row in self.rows.values {
                    guard take(row.line) else { return }
                }
            },
            begin: {
                try self.call("begin")
                #expect(self.pending == nil)
                self.pending = self.rows
            },
            put: { row in
                try self.call("put")
                #expect(row.line.isEmpty || row.line.last == UInt8(ascii: "\n"))
                #expect((row.update != nil) == (row.id.kind == .entry))
                #expect(self.pending != nil && !row.id.bytes.isEmpty)
                self.pending?[row.id] = row
            },
            remove: { id in
                try self.call("remove")
                #expect(self.pending != nil)
                self.pending?[id] = nil
            },
            commit: {
                try self.call("commit")
                if let pending = self.pending { self.rows = pending }
                self.pending = nil
            },
            rollback: {
                self.calls.append("rollback")
                self.pending = nil
            })
    }

    private func call(_ name: String) throws {
        calls.append(name)
        if failing.remove(name) != nil { throw Broken() }
    }

    /// Makes a replica that the store keeps.
    func replica(_ name: String = "a", _ configuration: Configuration = Configuration()) throws -> Replica {
        var configuration = configuration
        configuration.stateStore = closures
        return try Replica(name, configuration)
    }
}
