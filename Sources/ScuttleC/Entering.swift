import CScuttle
import Scuttle

/// Every call enters through here: it checks the handle, takes the lock, and turns a failure into a code and a message.

@inline(__always)
func enter(_ pointer: OpaquePointer?, _ body: (ReplicaHandle, Replica) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    // Whoever calls keeps the handle alive, so it is not counted: that would be the dearest part of a small call.
    return Unmanaged<ReplicaHandle>.fromOpaque(UnsafeRawPointer(pointer))._withUnsafeGuaranteedRef { handle in
        guard handle.lock.acquire() else { return Failure.Code.busy.rawValue }
        defer { handle.lock.release() }
        return handle.withReplica { replica in
            report(to: handle) { () throws(Failure) in try body(handle, replica) }
        }
    }
}

@inline(__always)
func enter(link pointer: OpaquePointer?, _ body: (LinkHandle) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    return Unmanaged<LinkHandle>.fromOpaque(UnsafeRawPointer(pointer))._withUnsafeGuaranteedRef { link in
        link.withOwner { owner in
            guard owner.lock.acquire() else { return Failure.Code.busy.rawValue }
            defer { owner.lock.release() }
            return report(to: owner) { () throws(Failure) in try body(link) }
        }
    }
}

@inline(__always)
private func report(to handle: ReplicaHandle, _ body: () throws(Failure) -> CInt) -> CInt {
    do throws(Failure) {
        return try body()
    } catch {
        handle.message.set(error.sentence)
        return error.code.rawValue
    }
}
