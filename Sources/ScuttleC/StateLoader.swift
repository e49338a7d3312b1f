import CScuttle
import ScuttleCore
import ScuttleJansson

/// The host's state store as the core's type, and the loading of a replica from it.
final class StateLoader {
    private let host: scuttle_state_store_t

    /// Converts the host's struct.
    /// - Throws: `.structSize`; `.argument` if a function is missing.
    init(_ pointer: UnsafePointer<scuttle_state_store_t>) throws(Failure) {
        host = try versioned(pointer, zero: scuttle_state_store_t(), smallest: MemoryLayout<scuttle_state_store_t>.size)
        guard host.load != nil, host.begin != nil, host.put != nil, host.remove != nil, host.commit != nil,
            host.rollback != nil
        else { throw Failure(.argument, "a function of state_store is NULL") }
    }

    var store: StateStore {
        let host = self.host
        return StateStore(
            begin: { host.begin(host.context) == 0 },
            put: { kind, id, line, update in
                var row = scuttle_row_t()
                (row.kind, row.id, row.id_len) = (kind.rawValue, id.chars, id.count)
                (row.line, row.line_len) = (line.chars, line.count)
                guard let update else { return host.put(host.context, &row) == 0 }
                return withView(update) { view in
                    row.update = view
                    return host.put(host.context, &row) == 0
                }
            },
            remove: { kind, id in
                var row = scuttle_row_t()
                (row.kind, row.id, row.id_len) = (kind.rawValue, id.chars, id.count)
                return host.remove(host.context, &row) == 0
            },
            commit: { host.commit(host.context) == 0 },
            rollback: { host.rollback(host.context) })
    }

    /// Loads all rows into a new replica, as an export: the head first, and an end behind them.
    /// - Throws: `.store` if the host fails, or if there are rows without a head; the errors of `LinkInput.load`.
    func load(into replica: Replica) throws(Failure) -> Bool {
        let rows = Rows()
        let context = Unmanaged.passUnretained(rows).toOpaque()
        let code = host.load(
            host.context,
            { context, line, count in
                guard let context, let line, count >= 0 else { return 1 }
                Unmanaged<Rows>.fromOpaque(context).takeUnretainedValue().append(Bytes(start: line, count: count))
                return 0
            }, context)
        guard code == 0 else { throw Failure(.store, "load of state_store returned \(Int(code))") }
        guard rows.text.count > 0 || rows.head.count > 0 else { return false }
        guard rows.head.count > 0 else {
            throw Failure(.store, "state_store has rows, but not the row of the replica")
        }
        rows.head.append(rows.text.bytes)
        rows.head.appendEnd(lines: rows.lines)
        var input = LinkInput()
        guard try input.load(rows.head.bytes, into: replica) else {
            throw Failure(.store, "the last row of state_store is truncated")
        }
        return true
    }

    /// The rows that a host passes to `load`.
    private final class Rows {
        var head = MessageBuffer()
        var text = MessageBuffer()
        var lines: UInt64 = 0

        func append(_ row: Bytes) {
            lines += UInt64(truncatingIfNeeded: Encoding.chosen.messageCount(endingIn: row))
            if Encoding.chosen.isExportHead(row) { head.append(row) } else { text.append(row) }
        }
    }
}
