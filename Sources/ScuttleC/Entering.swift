import CScuttle
import ScuttleCore

/// The entrance of every call: checks the handle, locks it, and converts an error to a code and a message.

/// Enters a call that is made often.
@inline(__always)
func enterOften(_ pointer: OpaquePointer?, _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt) -> CInt {
    enterInline(pointer, nestedIf: { _ in false }, body)
}

/// Enters a call. Not inlined into each exported function, as that for calls that are made often.
@inline(never)
func enter(_ pointer: OpaquePointer?, _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt) -> CInt {
    enter(pointer, nestedIf: { _ in false }, body)
}

/// Enters a call that only reads. A callback of the same replica may make it, on the thread that holds the lock.
@inline(never)
func enterReading(_ pointer: OpaquePointer?, _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt) -> CInt {
    enterReadingOften(pointer, body)
}

/// Enters a call that only reads and is made often. The body is inlined once.
@inline(__always)
func enterReadingOften(_ pointer: OpaquePointer?, _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    return Unmanaged<ReplicaHandle>.fromOpaque(UnsafeRawPointer(pointer))._withUnsafeGuaranteedRef { handle in
        guard handle.lock.acquireAgain() else { return Failure.Code.forked.rawValue }
        let hasStore = handle.hasStore && !handle.lock.isNested
        var code = hasStore ? prepare(handle) : SCUTTLE_OK
        if code == SCUTTLE_OK {
            code = handle.withReplica { replica in tell(handle) { () throws(Failure) in try body(handle, replica) } }
            if hasStore { code = settle(handle, after: code) }
        }
        handle.lock.release()
        return code
    }
}

/// Enters a call that does not read the replica itself.
@inline(__always)
func enterHandle(_ pointer: OpaquePointer?, _ body: (ReplicaHandle) throws(Failure) -> Void) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    return Unmanaged<ReplicaHandle>.fromOpaque(UnsafeRawPointer(pointer))._withUnsafeGuaranteedRef { handle in
        guard handle.lock.acquireAgain() else { return Failure.Code.forked.rawValue }
        defer { handle.lock.release() }
        return tell(handle) { () throws(Failure) in
            try body(handle)
            return SCUTTLE_OK
        }
    }
}

/// Enters a call that some callbacks may make.
@inline(never)
func enter(
    _ pointer: OpaquePointer?, nestedIf isAllowed: (Replica) -> Bool,
    _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt
) -> CInt {
    enterInline(pointer, nestedIf: isAllowed, body)
}

@inline(__always)
private func enterInline(
    _ pointer: OpaquePointer?, nestedIf isAllowed: (Replica) -> Bool,
    _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt
) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    // The caller keeps the handle alive, so it is not retained: that would be the largest cost of a small call.
    return Unmanaged<ReplicaHandle>.fromOpaque(UnsafeRawPointer(pointer))._withUnsafeGuaranteedRef { handle in
        guard handle.lock.acquire() else { return enterNested(handle, isAllowed, body) }
        // One exit, because two would be inlined into each exported function.
        var code = handle.hasStore ? prepare(handle) : SCUTTLE_OK
        if code == SCUTTLE_OK {
            code = handle.withReplica { replica in
                report(to: handle) { () throws(Failure) in try body(handle, replica) }
            }
        }
        handle.lock.release()
        return code
    }
}

/// Continues without locking, if this thread holds the lock and its callback may make the call.
@inline(never)
private func enterNested(
    _ handle: ReplicaHandle, _ isAllowed: (Replica) -> Bool,
    _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt
) -> CInt {
    handle.withReplica { replica in
        guard handle.lock.isInOriginProcess, isAllowed(replica) else { return handle.lock.refusal }
        return tell(handle) { () throws(Failure) in try body(handle, replica) }
    }
}

/// Enters a call on a link.
@inline(never)
func enter(link pointer: OpaquePointer?, _ body: (LinkHandle, Link) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    return Unmanaged<LinkHandle>.fromOpaque(UnsafeRawPointer(pointer))._withUnsafeGuaranteedRef { handle in
        guard handle.owner.object.lock.acquire() else { return handle.owner.object.lock.refusal }
        var code = handle.owner.object.hasStore ? prepare(handle.owner.object) : SCUTTLE_OK
        if code == SCUTTLE_OK {
            code = handle.withLink { link in
                report(to: handle.owner.object) { () throws(Failure) in try body(handle, link) }
            }
        }
        handle.owner.object.lock.release()
        if code < 0 { handle.lastError = code }
        return code
    }
}

/// Enters a call on a link that only reads: see `enterReading`.
@inline(never)
func enterReading(link pointer: OpaquePointer?, _ body: (LinkHandle) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    let link = Unmanaged<LinkHandle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    guard link.owner.object.lock.acquireAgain() else { return Failure.Code.forked.rawValue }
    defer { link.owner.object.lock.release() }
    return tell(link.owner.object) { () throws(Failure) in try body(link) }
}

/// Makes a call one transaction of the host's store, if there is one.
@inline(__always)
private func report(to handle: ReplicaHandle, _ body: () throws(Failure) -> CInt) -> CInt {
    let code = tell(handle, body)
    return handle.hasStore ? settle(handle, after: code) : code
}

/// Converts an error to a code, and keeps its sentence.
@inline(__always)
private func tell(_ handle: ReplicaHandle, _ body: () throws(Failure) -> CInt) -> CInt {
    do throws(Failure) {
        return try body()
    } catch {
        handle.message.set(error)
        return error.code.rawValue
    }
}

/// Prepares a call on a replica with a store: returns an error if the store does not load.
@inline(never)
private func prepare(_ handle: ReplicaHandle) -> CInt {
    tell(handle) { () throws(Failure) in
        try handle.prepareStore()
        return SCUTTLE_OK
    }
}

/// Stores what a call has left to store. Returns the error of the store, or else the call's code. A store that has failed has undone
/// the call already.
@inline(never)
private func settle(_ handle: ReplicaHandle, after code: CInt) -> CInt {
    if code == Failure.Code.store.rawValue { return code }
    return tell(handle) { () throws(Failure) in
        try handle.settleStore()
        return code
    }
}
