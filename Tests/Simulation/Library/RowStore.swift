@testable import ScuttleCore

/// A host's state store in memory: rows by kind and id.
final class RowStore {
    private struct Key: Hashable, Comparable {
        let kind: UInt32
        let id: [UInt8]

        static func < (a: Key, b: Key) -> Bool {
            a.kind == b.kind ? a.id.lexicographicallyPrecedes(b.id) : a.kind < b.kind
        }
    }

    private var rows: [Key: [UInt8]] = [:]
    private var pending: [Key: [UInt8]] = [:]
    /// Whether the next commits fail, as on a full disk.
    var fails = false
    private(set) var commits = 0

    var store: StateStore {
        StateStore(
            begin: { [self] in
                pending = rows
                return true
            },
            put: { [self] kind, id, line, _ in
                pending[Key(kind: kind.rawValue, id: [UInt8](id))] = [UInt8](line)
                return true
            },
            remove: { [self] kind, id in
                pending[Key(kind: kind.rawValue, id: [UInt8](id))] = nil
                return true
            },
            commit: { [self] in
                guard !fails else { return false }
                rows = pending
                commits += 1
                return true
            },
            rollback: {})
    }

    /// The row of a key's entry; nil if there is none.
    func line(ofEntry key: String) -> [UInt8]? {
        rows[Key(kind: StateStore.Kind.entry.rawValue, id: [UInt8](key.utf8))]
    }

    /// All rows as an export, sorted by kind and id behind the head; nil if there are none.
    var export: [UInt8]? {
        let head = Key(kind: StateStore.Kind.replica.rawValue, id: [UInt8]("head".utf8))
        guard var text = rows[head] else { return nil }
        for (key, line) in rows.sorted(by: { $0.key < $1.key }) where key != head { text += line }
        var end = MessageBuffer()
        end.appendEnd(lines: UInt64(text.count { $0 == 0x0a }))
        return text + [UInt8](end.bytes)
    }
}

extension World {
    /// Stores all changes, as the end of each call of a host with a store does.
    func storeAll() throws {
        for number in present where stores[number] != nil { try replicas[number].store() }
    }

    /// Returns the state that a killed replica starts from.
    func killed(_ number: Int) throws -> [UInt8]? {
        if let file = pieces[number] { return try killedWithPieces(number, file) }
        guard let store = stores[number] else { return exported(replicas[number]) }
        try replicas[number].store()
        return store.export
    }
}
