import CScuttle
import CSystem
import ScuttleCore

/// Turns arguments into values, and refuses those that cannot be.

/// A required pointer.
@inline(__always)
func required<Pointer>(_ pointer: Pointer?, _ name: StaticString) throws(Failure) -> Pointer {
    guard let pointer else { throw isNull(name) }
    return pointer
}

@inline(never)
private func isNull(_ name: StaticString) -> Failure {
    Failure(.argument, "\(name) is NULL")
}

/// Text with a length, or with `SCUTTLE_NTS` for one that is measured, up to just over `limit`: what is longer is refused
/// for its size, wherever it ends.
@_optimize(speed)
func text(
    _ start: UnsafePointer<CChar>?, _ count: Int, limit: Int, _ name: StaticString
) throws(Failure) -> Bytes {
    let start = try required(start, name)
    let isMeasured = UInt(bitPattern: count) == UInt.max
    let count = isMeasured ? strnlen(start, limit + 1) : try length(count, name)
    return Bytes(start: start, count: count)
}

/// A length: `size_t` comes as `Int`, so what no object can have is negative.
@inline(__always)
func length(_ count: Int, _ name: StaticString) throws(Failure) -> Int {
    guard count >= 0 else { throw isAbsurd(name) }
    return count
}

@inline(never)
private func isAbsurd(_ name: StaticString) -> Failure {
    Failure(.argument, "the length of \(name) is beyond any object")
}

/// Bytes from a peer. NULL is fine for none.
@_optimize(speed)
func bytes(_ start: UnsafeRawPointer?, _ count: Int) throws(Failure) -> Bytes {
    guard count != 0 else { return Bytes(start: nil, count: 0) }
    return Bytes(start: try required(start, "bytes"), count: try length(count, "bytes"))
}

/// A struct from a host that may have an older or a newer header: fields that it lacks are zero, fields that it has
/// beyond must be zero.
func versioned<Struct>(
    _ pointer: UnsafePointer<Struct>?, zero: Struct, smallest: Int
) throws(Failure) -> Struct {
    var result = zero
    guard let pointer else { return result }
    let fields = try fields(at: pointer, known: MemoryLayout<Struct>.size, smallest: smallest)
    withUnsafeMutableBytes(of: &result) { $0.copyMemory(from: fields) }
    return result
}

/// The fields of such a struct that both the host and this library know.
private func fields(at start: UnsafeRawPointer, known: Int, smallest: Int) throws(Failure) -> Bytes {
    // struct_size is the first field of every such struct.
    let given = start.loadUnaligned(as: Int.self)
    guard given >= smallest, given <= 1 << 16 else {
        throw Failure(.structSize, "struct_size is \(given); it is \(known) here")
    }
    if given > known {
        for offset in known..<given where start.load(fromByteOffset: offset, as: UInt8.self) != 0 {
            throw Failure(.structSize, "a field of a later version, at offset \(offset), is set")
        }
    }
    return Bytes(start: start, count: min(given, known))
}
