internal import CScuttle

/// The `context` of a state store in the C interface: the closures, and the first error of one that no call has thrown yet.
final class StoreCalls: Sendable {
    private let store: StateStore
    private let failure = Locked<String?>(nil)

    init(_ store: StateStore) {
        self.store = store
    }

    /// The store as the C interface reads it. The replica keeps this object, because the view does not.
    var view: scuttle_state_store_t {
        var view = scuttle_state_store_t()
        view.struct_size = MemoryLayout<scuttle_state_store_t>.size
        view.context = Unmanaged.passUnretained(self).toOpaque()
        view.load = { context, take, takeContext in
            StoreCalls.call("load", context) { store in
                try store.load { line in withText(line) { take?(takeContext, $0, $1) } == 0 }
            }
        }
        view.begin = { StoreCalls.call("begin", $0) { store in try store.begin() } }
        view.put = { context, row in
            StoreCalls.call("put", context) { store in if let row { try store.put(StateStore.Row(row.pointee)) } }
        }
        view.remove = { context, row in
            StoreCalls.call("remove", context) { store in
                if let row { try store.remove(StateStore.Row.ID(row.pointee)) }
            }
        }
        view.commit = { StoreCalls.call("commit", $0) { store in try store.commit() } }
        view.rollback = { _ = StoreCalls.call("rollback", $0) { store in store.rollback() } }
        return view
    }

    /// Appends the error of the closure that has failed to the error of a call, once.
    func explain(_ error: ScuttleError) -> ScuttleError {
        let cause = failure.withLock { failure in
            defer { failure = nil }
            return failure
        }
        guard let cause else { return error }
        return ScuttleError(error.code, "\(error.message): \(cause)")
    }

    /// Calls a closure, and returns whether it has failed, as the C interface does: 0 if it has not.
    private static func call(
        _ name: String, _ context: UnsafeMutableRawPointer?, _ body: (StateStore) throws -> Void
    ) -> CInt {
        guard let context else { return 1 }
        let calls = Unmanaged<StoreCalls>.fromOpaque(context).takeUnretainedValue()
        do {
            try body(calls.store)
            return 0
        } catch {
            // A message of an error is one line.
            let particulars = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            calls.failure.withLock { if $0 == nil { $0 = "\(name) has thrown \(particulars)" } }
            return 1
        }
    }
}
