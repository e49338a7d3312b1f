import CScuttle
import ScuttleC

/// Imports any text. Either it is rejected, and the replica stays new; or the replica's export creates an equal replica, which
/// can be used.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: data, count: size)
    let replica = make()
    let code = scuttle_import(replica, text.baseAddress, text.count)
    if code < 0 { precondition(count(of: replica) == 0, "a rejected import has changed the replica") }

    let export = exported(replica)
    let again = make()
    let second = export.withUnsafeBytes { scuttle_import(again, $0.baseAddress, $0.count) }
    precondition(second == SCUTTLE_OK, "an export is rejected, or truncated")
    precondition(fingerprint(of: replica) == fingerprint(of: again), "an export creates a replica that differs")

    let pieces = saved(replica)
    let third = make()
    let last = pieces.withUnsafeBytes { scuttle_import(third, $0.baseAddress, $0.count) }
    precondition(last == SCUTTLE_OK, "a piece is rejected, or truncated")
    precondition(fingerprint(of: replica) == fingerprint(of: third), "a piece creates a replica that differs")
    scuttle_free(third)

    // The replica can be used.
    _ = scuttle_tick(again, 1 << 40)
    _ = scuttle_set(again, "k", 1, "1", 1)
    var purged = 0
    _ = scuttle_purge(again, &purged)
    var entry = scuttle_entry_t()
    _ = scuttle_get(again, "k", 1, &entry)
    scuttle_free(replica)
    scuttle_free(again)
    return 0
}

private func make() -> OpaquePointer? {
    var config = scuttle_config_t()
    config.struct_size = MemoryLayout<scuttle_config_t>.size
    config.flags = SCUTTLE_EXACT_ID
    config.seed = 1
    var replica: OpaquePointer?
    precondition(scuttle_new("local", &config, &replica) == SCUTTLE_OK)
    return replica
}

private func exported(_ replica: OpaquePointer?) -> [UInt8] {
    var saved: [UInt8] = []
    withUnsafeMutablePointer(to: &saved) { saved in
        let code = scuttle_export(
            replica,
            { context, line, count in
                let saved = context.unsafelyUnwrapped.assumingMemoryBound(to: [UInt8].self)
                saved.pointee += UnsafeRawBufferPointer(start: line, count: count)
                return 0
            }, saved)
        precondition(code == SCUTTLE_OK)
    }
    return saved
}

/// Returns a whole piece that was written by calls of one entry each.
private func saved(_ replica: OpaquePointer?) -> [UInt8] {
    var saved: [UInt8] = []
    var cursor = scuttle_cursor_t()
    var code = SCUTTLE_MORE
    while code == SCUTTLE_MORE {
        withUnsafeMutablePointer(to: &saved) { saved in
            code = scuttle_save(
                replica, &cursor,
                { context, line, count in
                    let saved = context.unsafelyUnwrapped.assumingMemoryBound(to: [UInt8].self)
                    saved.pointee += UnsafeRawBufferPointer(start: line, count: count)
                    return SCUTTLE_MORE
                }, saved)
        }
    }
    precondition(code == SCUTTLE_GAP)
    return saved
}

private func count(of replica: OpaquePointer?) -> Int {
    var count = 0
    precondition(scuttle_count(replica, &count) == SCUTTLE_OK)
    return count
}

private func fingerprint(of replica: OpaquePointer?) -> UInt64 {
    var fingerprint: UInt64 = 0
    precondition(scuttle_fingerprint(replica, &fingerprint) == SCUTTLE_OK)
    return fingerprint
}
