import CScuttle
import Scuttle

/// Every call enters through here: it checks the handle, takes the lock, and turns a failure into a code and a message.

@inline(__always)
func enter(_ pointer: OpaquePointer?, _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    // Whoever calls keeps the handle alive, so it is not counted: that would be the dearest part of a small call.
    return Unmanaged<ReplicaHandle>.fromOpaque(UnsafeRawPointer(pointer))._withUnsafeGuaranteedRef { handle in
        enter(handle, body)
    }
}

@inline(__always)
func enter(link pointer: OpaquePointer?, _ body: (LinkHandle) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    return Unmanaged<LinkHandle>.fromOpaque(UnsafeRawPointer(pointer))._withUnsafeGuaranteedRef { link in
        link.withOwner { owner in enter(owner) { (_, _) throws(Failure) in try body(link) } }
    }
}

@inline(__always)
private func enter(_ handle: ReplicaHandle, _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt) -> CInt {
    guard handle.lock.acquire() else { return Failure.Code.busy.rawValue }
    defer { handle.lock.release() }
    return handle.withReplica { replica in
        do throws(Failure) {
            return try body(handle, replica)
        } catch {
            handle.message.set(error.detail)
            return error.code.rawValue
        }
    }
}
