import CScuttle
import ScuttleCore

@_cdecl("scuttle_get") @implementation
@_optimize(speed)
public func scuttle_get(
    _ replica: OpaquePointer!, _ key: UnsafePointer<CChar>!, _ key_len: Int,
    _ out: UnsafeMutablePointer<scuttle_entry_t>!
) -> CInt {
    enterReadingOften(replica) { (handle, replica) throws(Failure) in
        let out = try required(out, "out")
        guard let entry = try replica.find(key, key_len, handle.limits) else {
            out.pointee = .absent
            return SCUTTLE_NOT_FOUND
        }
        handle.lent.clear()
        try Memory.check(entry.value.count &+ 1)
        handle.lent.set(terminated: entry.value)
        out.pointee = view(of: entry, handle.lent.bytes)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_get_many") @implementation
public func scuttle_get_many(
    _ replica: OpaquePointer!, _ keys: UnsafePointer<scuttle_key_t>!, _ count: Int, _ visit: scuttle_entry_fn!,
    _ context: UnsafeMutableRawPointer!
) -> CInt {
    enterReading(replica) { (handle, replica) throws(Failure) in
        let visit = try required(visit, "visit")
        guard try length(count, "keys") > 0 else { return SCUTTLE_OK }
        try replica.visitEntries(of: required(keys, "keys"), count, handle.limits.keyBytes, visit, context)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_get_copy") @implementation
public func scuttle_get_copy(
    _ replica: OpaquePointer!, _ key: UnsafePointer<CChar>!, _ key_len: Int, _ buffer: UnsafeMutableRawPointer!,
    _ capacity: Int, _ needed: UnsafeMutablePointer<Int>!, _ out: UnsafeMutablePointer<scuttle_entry_t>!
) -> CInt {
    enterReading(replica) { (handle, replica) throws(Failure) in
        let (needed, out) = (try required(needed, "needed"), try required(out, "out"))
        if try length(capacity, "buffer") > 0 { _ = try required(buffer, "buffer") }
        guard let entry = try replica.find(key, key_len, handle.limits) else {
            needed.pointee = 0
            out.pointee = .absent
            return SCUTTLE_NOT_FOUND
        }
        needed.pointee = entry.value.count + entry.source.count + 2
        guard let buffer, capacity >= needed.pointee else {
            throw Failure(.space, "the buffer is too small; \(needed.pointee) bytes are needed")
        }
        let source = buffer + entry.value.count + 1
        copy(entry.value, to: buffer)
        copy(entry.source, to: source)
        out.pointee = scuttle_entry_t(
            value: Bytes(start: buffer, count: entry.value.count).chars, value_len: entry.value.count,
            source: Bytes(start: source, count: entry.source.count).chars, source_len: entry.source.count,
            version: entry.version)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_count") @implementation
public func scuttle_count(_ replica: OpaquePointer!, _ count: UnsafeMutablePointer<Int>!) -> CInt {
    enterReading(replica) { (_, replica) throws(Failure) in
        try required(count, "count").pointee = replica.count
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_version") @implementation
public func scuttle_version(_ replica: OpaquePointer!, _ version: UnsafeMutablePointer<UInt64>!) -> CInt {
    enterReading(replica) { (_, replica) throws(Failure) in
        try required(version, "version").pointee = replica.version
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_fingerprint") @implementation
public func scuttle_fingerprint(_ replica: OpaquePointer!, _ fingerprint: UnsafeMutablePointer<UInt64>!) -> CInt {
    enter(replica) { (_, replica) throws(Failure) in
        try required(fingerprint, "fingerprint").pointee = replica.fingerprint
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_state") @implementation
public func scuttle_state(
    _ replica: OpaquePointer!, _ prefix: UnsafePointer<CChar>!, _ prefix_len: Int, _ visit: scuttle_visit_fn!,
    _ context: UnsafeMutableRawPointer!
) -> CInt {
    enterReading(replica) { (handle, replica) throws(Failure) in
        let visit = try required(visit, "visit")
        let prefix = try keyPrefix(prefix, prefix_len, handle.limits)
        // No key is longer. The length may be beyond any object, and no byte was read yet.
        guard prefix.count <= handle.limits.keyBytes else { return SCUTTLE_OK }
        replica.visitEntries(prefix: prefix) { entry in withView(entry) { visit(context, $0) == 0 } }
        return SCUTTLE_OK
    }
}

/// Converts a prefix of keys, which may be NULL with length 0. Its bytes are readable if it is not longer than a key.
func keyPrefix(_ prefix: UnsafePointer<CChar>?, _ count: Int, _ limits: Limits) throws(Failure) -> Bytes {
    guard prefix != nil || count != 0 else { return Bytes(start: nil, count: 0) }
    return try text(prefix, count, limit: limits.keyBytes, "prefix")
}

@_cdecl("scuttle_export") @implementation
public func scuttle_export(
    _ replica: OpaquePointer!, _ take: scuttle_line_fn!, _ context: UnsafeMutableRawPointer!
) -> CInt {
    enter(replica) { (_, replica) throws(Failure) in
        let take = try required(take, "take")
        replica.export { line in take(context, line.chars, line.count) == 0 }
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_import") @implementation
public func scuttle_import(_ replica: OpaquePointer!, _ bytes: UnsafeRawPointer!, _ len: Int) -> CInt {
    enter(replica) { (handle, _) throws(Failure) in
        try handle.load(ScuttleC.bytes(bytes, len)) ? SCUTTLE_OK : SCUTTLE_TORN
    }
}

@_cdecl("scuttle_news") @implementation
public func scuttle_news(
    _ replica: OpaquePointer!, _ source: UnsafePointer<CChar>!, _ source_len: Int, _ version: UInt64,
    _ visit: scuttle_visit_fn!, _ context: UnsafeMutableRawPointer!
) -> CInt {
    enterReading(replica) { (_, replica) throws(Failure) in
        let visit = try required(visit, "visit")
        let source = try text(source, source_len, limit: Limits.idBytes, "source")
        guard source.count <= Limits.idBytes else { return SCUTTLE_OK }
        hand(replica.updates(of: source, above: version), to: visit, context)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_clock") @implementation
public func scuttle_clock(
    _ replica: OpaquePointer!, _ visit: scuttle_clock_fn!, _ context: UnsafeMutableRawPointer!
) -> CInt {
    enterReading(replica) { (_, replica) throws(Failure) in
        let visit = try required(visit, "visit")
        replica.visitVector { source, version in visit(context, source.chars, source.count, version) == 0 }
        return SCUTTLE_OK
    }
}

/// Passes updates to the host one by one, until it stops.
func hand(_ updates: [Update], to visit: scuttle_visit_fn, _ context: UnsafeMutableRawPointer?) {
    for update in updates {
        guard withView(update, { visit(context, $0) }) == 0 else { return }
    }
}

/// Returns an entry with a copy of its value, which ends with a NUL.
@inline(__always)
func view(of entry: Entry, _ copy: Bytes) -> scuttle_entry_t {
    scuttle_entry_t(
        value: copy.chars, value_len: entry.value.count, source: entry.source.chars, source_len: entry.source.count,
        version: entry.version)
}

extension Replica {
    @inline(__always)
    fileprivate func find(_ key: UnsafePointer<CChar>?, _ count: Int, _ limits: Limits) throws(Failure) -> Entry? {
        // Most lengths are given.
        if let key, count >= 0 { return try get(Bytes(start: key, count: count)) }
        return try get(text(key, count, limit: limits.keyBytes, "key"))
    }
}

/// Copies bytes and appends a NUL.
private func copy(_ bytes: Bytes, to buffer: UnsafeMutableRawPointer) {
    if let start = bytes.baseAddress { buffer.copyMemory(from: start, byteCount: bytes.count) }
    buffer.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
}
