import CScuttle
import ScuttleC

/// Writes bytes of a hostile peer. The first byte chooses how: unchanged, while the replica writes, gossips and sends; or as
/// changes of an honest peer's bytes, so that they follow a valid handshake. A bit of the third byte chooses the replica of the
/// conversations in Tests/Conformance/Vectors, whose messages name its incarnation and its nonces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 3 else { return 0 }
    let settings = (data[0], data[1], data[2])
    let rest = UnsafeRawBufferPointer(start: data + 3, count: size - 3)
    if settings.0 & 1 == 0 { monologue(settings, rest) } else { conversation(settings, rest) }
    return 0
}

/// Writes the bytes unchanged. No call may trap, and the output must end.
private func monologue(_ settings: (UInt8, UInt8, UInt8), _ bytes: UnsafeRawBufferPointer) {
    let replica = makeReplica(settings.2 & 8 != 0 ? "A" : "local", settings)
    if settings.2 & 8 != 0 {
        let start =
            #"{"digest":true,"export":{"source":"A","lamport":0,"incarnation":817084509757786}}"#
            + "\n{\"digest\":true,\"end\":1}\n"
        precondition(scuttle_import(replica, start, start.utf8.count) == SCUTTLE_OK)
    }
    let link = openLink(
        replica,
        settings.2 & 2 != 0
            ? SCUTTLE_LINK_DATAGRAM
            : settings.2 & 4 != 0 ? SCUTTLE_LINK_CLASSIC | SCUTTLE_LINK_HISTORY : SCUTTLE_LINK_ANY)
    if settings.2 & 16 == 0 { _ = scuttle_set(replica, "k", 1, "1", 1) }
    var rest = bytes
    while rest.count > 0 {
        let count = min(rest.count, 8 + 8 * Int(settings.1 >> 2))
        _ = scuttle_link_write(link, rest.baseAddress, count)
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        switch settings.1 & 3 {
        case 0: _ = read(link, atMost: 1 + Int(settings.0))
        case 1:
            _ = scuttle_set(replica, "k", 1, "[1, 2]", 6)
            _ = scuttle_gossip(replica)
        case 2: _ = scuttle_delete(replica, "k", 1)
        default: break
        }
    }
    drain(link)
    scuttle_free(replica)
}

/// Connects two replicas; each line on its way may be changed, dropped, repeated or replaced as the input says. Then they get a
/// new, undisturbed link, on which they must still converge.
private func conversation(_ settings: (UInt8, UInt8, UInt8), _ bytes: UnsafeRawBufferPointer) {
    let flags =
        (settings.2 & 2 != 0 ? SCUTTLE_LINK_DATAGRAM : SCUTTLE_LINK_ANY) | (settings.2 & 4 != 0 ? SCUTTLE_LINK_LIVE : 0)
    let replicas = [makeReplica("local", settings), makeReplica("other", settings)]
    var links = replicas.map { openLink($0, flags) }
    var input = Changes(rest: bytes)
    for replica in replicas { work(replica, &input) }
    for _ in 0..<40 where input.rest.count > 0 {
        if input.byte() & 3 == 0 { work(replicas[Int(input.byte() & 1)], &input) }
        for side in [0, 1] {
            if input.byte() & 1 == 0 { _ = scuttle_link_gossip(links[side]) }
            let said = input.change(read(links[side], atMost: 2048))
            said.withUnsafeBytes { _ = scuttle_link_write(links[1 - side], $0.baseAddress, $0.count) }
        }
    }
    for link in links { drain(link) }
    for link in links { scuttle_link_close(link) }
    links = replicas.map { openLink($0, 0) }
    _ = scuttle_link_gossip(links[0])
    for round in 0..<10_000 {
        let said = links.map { read($0, atMost: 4096) }
        if said[0].isEmpty, said[1].isEmpty { break }
        for side in [0, 1] {
            said[side].withUnsafeBytes { _ = scuttle_link_write(links[1 - side], $0.baseAddress, $0.count) }
        }
        precondition(round < 9_999, "an endless conversation")
    }
    for replica in replicas { scuttle_free(replica) }
}

/// Makes a few of each call of a host.
private func work(_ replica: OpaquePointer?, _ input: inout Changes) {
    let choice = input.byte()
    let key = [UInt8(ascii: "a") + (choice >> 4 & 7)].map { CChar(bitPattern: $0) }
    switch choice & 7 {
    case 0...2: _ = scuttle_set(replica, key, 1, "[1]", 3)
    case 3, 4: _ = scuttle_delete(replica, key, 1)
    case 5:
        var purged = 0
        _ = scuttle_purge(replica, &purged)
    case 6:
        _ = scuttle_set_ttl(replica, key, 1, "2", 1, 5)
        _ = scuttle_tick(replica, UInt64(choice))
    default: _ = choice & 8 == 0 ? scuttle_gossip(replica) : scuttle_accept_again(replica)
    }
}

/// The input as changes to bytes on their way.
private struct Changes {
    var rest: UnsafeRawBufferPointer

    mutating func byte() -> UInt8 {
        guard let first = rest.first else { return 0 }
        rest = UnsafeRawBufferPointer(rebasing: rest[1...])
        return first
    }

    mutating func change(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var bytes = bytes
        switch byte() & 7 {
        case 0:
            let place = (Int(byte()) << 8 | Int(byte())) % bytes.count
            bytes[place] = byte()
        case 1:
            let place = (Int(byte()) << 8 | Int(byte())) % bytes.count
            bytes.remove(at: place)
        case 2:
            // Adds or changes a digit of a version, a sequence or a length.
            let digits = bytes.indices.filter { bytes[$0] >= 48 && bytes[$0] < 58 }
            guard !digits.isEmpty else { break }
            let place = digits[(Int(byte()) << 8 | Int(byte())) % digits.count]
            bytes[place] = 48 + byte() % 10
            if byte() & 1 == 0 { bytes.insert(57, at: place) }
        case 3: bytes += bytes
        case 4:
            var lines = bytes.split(separator: 10, omittingEmptySubsequences: true).map { [UInt8]($0) }
            guard !lines.isEmpty else { break }
            lines.swapAt(Int(byte()) % lines.count, Int(byte()) % lines.count)
            if byte() & 1 == 0 { lines.remove(at: Int(byte()) % lines.count) }
            bytes = lines.flatMap { $0 + [10] }
        case 5: bytes = []
        default: break
        }
        return bytes
    }
}

private func makeReplica(_ id: String, _ settings: (UInt8, UInt8, UInt8)) -> OpaquePointer? {
    var config = scuttle_config_t()
    config.struct_size = MemoryLayout<scuttle_config_t>.size
    config.flags = SCUTTLE_EXACT_ID
    config.seed = 1
    config.mtu = Int(settings.0 >> 1 & 15)
    config.max_history = Int(settings.0 >> 5)
    config.resolver = UInt32(settings.1 % 3)
    config.max_sources = 8
    config.max_tombstones = Int(settings.2 >> 5)
    // Half of the hosts refuse every other key, and remember few refusals.
    if settings.1 & 128 != 0 {
        config.max_refused = 6
        config.accept = { _, _, update in
            guard let update, update.pointee.key_len > 0 else { return 1 }
            return update.pointee.key[0] & 1 == 0 ? 1 : 0
        }
    }
    var replica: OpaquePointer?
    precondition(scuttle_new(id, &config, &replica) == SCUTTLE_OK)
    return replica
}

private func openLink(_ replica: OpaquePointer?, _ flags: UInt32) -> OpaquePointer? {
    var config = scuttle_link_config_t(
        struct_size: MemoryLayout<scuttle_link_config_t>.size, flags: flags, reserved: 0)
    var link: OpaquePointer?
    precondition(scuttle_link_open(replica, &config, &link) == SCUTTLE_OK)
    return link
}

private func read(_ link: OpaquePointer?, atMost capacity: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        let code = scuttle_link_read(link, buffer.baseAddress, capacity, &count)
        precondition(code == SCUTTLE_OK || code == SCUTTLE_E_SPACE || code == SCUTTLE_E_DATAGRAM)
        precondition(count <= capacity)
    }
}

private func drain(_ link: OpaquePointer?) {
    var total = 0
    while case let count = read(link, atMost: 4096).count, count > 0 {
        total += count
        precondition(total < 1 << 26, "an endless delta")
    }
}
