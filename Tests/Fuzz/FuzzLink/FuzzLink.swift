import CScuttle
import ScuttleC

/// Bytes of a hostile peer, in pieces, while the replica writes, gossips and sends: nothing traps, answers end, and what
/// came out makes the same replica again elsewhere.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 2 else { return 0 }
    var config = scuttle_config_t()
    config.struct_size = MemoryLayout<scuttle_config_t>.size
    config.seed = 1
    config.mtu = Int(data[0] & 31)
    config.max_history = Int(data[0] >> 5)
    config.resolver = UInt32(data[1] % 3)
    var made: OpaquePointer?
    var opened: OpaquePointer?
    precondition(scuttle_new("local", &config, &made) == SCUTTLE_OK)
    precondition(scuttle_link_open(made, nil, &opened) == SCUTTLE_OK)
    guard let replica = made, let link = opened else { return 0 }
    _ = scuttle_set(replica, "k", 1, "1", 1)

    var rest = UnsafeRawBufferPointer(start: data + 2, count: size - 2)
    while rest.count > 0 {
        let count = min(rest.count, 8 + 8 * Int(data[1] >> 2))
        _ = scuttle_link_write(link, rest.baseAddress, count)
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        switch data[1] & 3 {
        case 0: _ = read(link, atMost: 1 + Int(data[0]))
        case 1:
            _ = scuttle_set(replica, "k", 1, "[1, 2]", 6)
            _ = scuttle_gossip(replica)
        case 2: _ = scuttle_delete(replica, "k", 1)
        default: break
        }
    }

    var total = 0
    while case let count = read(link, atMost: 4096), count > 0 {
        total += count
        precondition(total < 1 << 26, "an answer without an end")
    }
    scuttle_free(replica)
    return 0
}

private func read(_ link: OpaquePointer, atMost capacity: Int) -> Int {
    withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { buffer in
        var count = 0
        precondition(scuttle_link_read(link, buffer.baseAddress, capacity, &count) == SCUTTLE_OK)
        return count
    }
}
