import CScuttle
import ScuttleC

/// Any text as the state to start from: it is refused, or the replica exports what makes an equal one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: data, count: size)
    guard let replica = start(from: text) else { return 0 }
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
    let again = saved.withUnsafeBytes { start(from: $0) }
    precondition(again != nil, "an export is refused")
    precondition(fingerprint(of: replica) == fingerprint(of: again), "an export makes another replica")
    scuttle_free(replica)
    scuttle_free(again)
    return 0
}

private func start(from text: UnsafeRawBufferPointer) -> OpaquePointer? {
    var config = scuttle_config_t()
    config.struct_size = MemoryLayout<scuttle_config_t>.size
    config.seed = 1
    config.state = text.count == 0 ? nil : text.baseAddress?.assumingMemoryBound(to: CChar.self)
    config.state_len = text.count
    var replica: OpaquePointer?
    let code = scuttle_new("local", &config, &replica)
    precondition((code == SCUTTLE_OK) == (replica != nil))
    return replica
}

private func fingerprint(of replica: OpaquePointer?) -> UInt64 {
    var fingerprint: UInt64 = 0
    precondition(scuttle_fingerprint(replica, &fingerprint) == SCUTTLE_OK)
    return fingerprint
}
