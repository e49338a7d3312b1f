import CScuttle
import Scuttle

/// Every call enters through here: it checks the handle, takes the lock, and turns a failure into a code and a message.

@inline(__always)
func enter(_ pointer: OpaquePointer?, _ body: (ReplicaHandle) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    let handle = Unmanaged<ReplicaHandle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    guard handle.lock.acquire() else { return Failure.Code.busy.rawValue }
    defer { handle.lock.release() }
    do throws(Failure) {
        return try body(handle)
    } catch {
        handle.message.set(error.detail)
        return error.code.rawValue
    }
}

@inline(__always)
func enter(link pointer: OpaquePointer?, _ body: (LinkHandle) throws(Failure) -> CInt) -> CInt {
    guard let pointer else { return Failure.Code.argument.rawValue }
    let handle = Unmanaged<LinkHandle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    let owner = OpaquePointer(Unmanaged.passUnretained(handle.owner).toOpaque())
    return enter(owner) { (_) throws(Failure) in try body(handle) }
}
