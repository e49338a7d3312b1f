import CScuttle
import CSystem
import ScuttleCore

/// Converts arguments to values, and rejects invalid ones.

/// Returns a pointer that must not be NULL.
@inline(__always)
func required<Pointer>(_ pointer: Pointer?, _ name: StaticString) throws(Failure) -> Pointer {
    guard let pointer else { throw isNull(name) }
    return pointer
}

@inline(never)
private func isNull(_ name: StaticString) -> Failure {
    Failure(.argument, "\(name) is NULL")
}

/// Returns a text of a given length, or with `SCUTTLE_NTS` of its measured length, up to just over `limit`: a longer text is
/// rejected for its size, wherever it ends.
@_optimize(speed)
func text(
    _ start: UnsafePointer<CChar>?, _ count: Int, limit: Int, _ name: StaticString
) throws(Failure) -> Bytes {
    let start = try required(start, name)
    let isMeasured = UInt(bitPattern: count) == UInt.max
    let count = isMeasured ? strnlen(start, limit + 1) : try length(count, name)
    return Bytes(start: start, count: count)
}

/// Checks a length. `size_t` arrives as `Int`, so a length beyond any object is negative.
@inline(__always)
func length(_ count: Int, _ name: StaticString) throws(Failure) -> Int {
    guard count >= 0 else { throw isAbsurd(name) }
    return count
}

@inline(never)
private func isAbsurd(_ name: StaticString) -> Failure {
    Failure(.argument, "the length of \(name) is above SIZE_MAX / 2")
}

/// Returns bytes of a peer. NULL is valid for no bytes.
@_optimize(speed)
func bytes(_ start: UnsafeRawPointer?, _ count: Int) throws(Failure) -> Bytes {
    guard count != 0 else { return Bytes(start: nil, count: 0) }
    return Bytes(start: try required(start, "bytes"), count: try length(count, "bytes"))
}

/// Reads a struct of a host whose header may be older or newer. Fields that the host's struct lacks are zero; its fields that
/// this library does not know must be zero.
func versioned<Struct>(
    _ pointer: UnsafePointer<Struct>?, zero: Struct, smallest: Int
) throws(Failure) -> Struct {
    var result = zero
    guard let pointer else { return result }
    let fields = try fields(at: pointer, known: MemoryLayout<Struct>.size, smallest: smallest)
    withUnsafeMutableBytes(of: &result) { $0.copyMemory(from: fields) }
    return result
}

/// Returns the fields of such a struct that both the host and this library know.
private func fields(at start: UnsafeRawPointer, known: Int, smallest: Int) throws(Failure) -> Bytes {
    // struct_size is the first field of each such struct.
    let given = start.loadUnaligned(as: Int.self)
    guard given >= smallest, given <= 1 << 16 else { throw isWrongSize(given, known) }
    if given > known {
        for offset in known..<given where start.load(fromByteOffset: offset, as: UInt8.self) != 0 {
            throw Failure(.structSize, "a field that this library does not know is set, at offset \(offset)")
        }
    }
    return Bytes(start: start, count: min(given, known))
}

@inline(never)
private func isWrongSize(_ given: Int, _ known: Int) -> Failure {
    Failure(.structSize, "struct_size is \(given); this library's is \(known)")
}

/// Fills in a struct of a host whose header may be older or newer. Fields beyond its struct_size are not written, and those that
/// this library does not know stay as they are.
/// - Parameter fields: those behind `struct_size`, which is the first field of each such struct.
@inline(never)
func report(
    _ fields: Bytes, to out: UnsafeMutableRawPointer?, smallest: Int, _ name: StaticString
) throws(Failure) {
    let out = try required(out, name)
    let (size, front) = (out.loadUnaligned(as: Int.self), MemoryLayout<Int>.size)
    guard size >= smallest else { throw isWrongSize(size, front + fields.count) }
    guard let start = fields.baseAddress else { return }
    (out + front).copyMemory(from: start, byteCount: min(size - front, fields.count))
}
