import CScuttle
import ScuttleC

/// Makes a sequence of calls of the C interface, with every kind of invalid argument that C can detect: NULL, absurd lengths,
/// unknown flags, bad text. Two replicas exchange their updates in between. No call may trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = Input(rest: UnsafeRawBufferPointer(start: data, count: size))
    var world = World()
    while input.rest.count > 0 { world.step(&input) }
    world.end()
    return 0
}

/// Removes choices from the front of the fuzzer's bytes; returns 0 if none are left.
struct Input {
    var rest: UnsafeRawBufferPointer

    mutating func byte() -> UInt8 {
        guard let first = rest.first else { return 0 }
        rest = UnsafeRawBufferPointer(rebasing: rest[1...])
        return first
    }

    /// Returns text with its length, or sometimes with a wrong one.
    mutating func text() -> (start: UnsafePointer<CChar>?, count: Int) {
        let choice = byte()
        switch choice {
        case 255: return (nil, Int(byte()))
        case 254: return (rest.baseAddress?.assumingMemoryBound(to: CChar.self), -Int(byte()) - 2)
        default:
            let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(choice & 31)))
            rest = UnsafeRawBufferPointer(rebasing: rest[taken.count...])
            return (taken.baseAddress?.assumingMemoryBound(to: CChar.self), taken.count)
        }
    }
}

/// Two replicas and their open links.
struct World {
    private var replicas: [OpaquePointer] = []
    private var links: [[OpaquePointer]] = [[], []]

    init() {
        for id in ["a", "b"] {
            var config = scuttle_config_t()
            config.struct_size = MemoryLayout<scuttle_config_t>.size
            config.flags = SCUTTLE_EXACT_ID
            config.seed = 1
            config.mtu = 3
            config.max_history = 3
            config.max_links = 4
            config.max_sources = 3
            // The host compacts as the history requires.
            config.on_compaction = { _, updates, count in
                guard count > 0, let first = updates?[0] else { return }
                precondition(first.pointee.version > 0)
            }
            var replica: OpaquePointer?
            precondition(scuttle_new(id, &config, &replica) == SCUTTLE_OK)
            if let replica { replicas.append(replica) }
        }
    }

    mutating func step(_ input: inout Input) {
        let choice = input.byte()
        let side = Int(choice & 1)
        let replica = choice & 64 != 0 ? nil : replicas[side]
        let link = links[side].isEmpty ? nil : links[side][Int(choice >> 5) % links[side].count]
        var (number, version) = (0, UInt64(0))
        switch choice >> 1 & 15 {
        case 0:
            let (key, value) = (input.text(), input.text())
            _ = scuttle_set(replica, key.start, key.count, value.start, value.count)
        case 1:
            let key = input.text()
            _ = scuttle_delete(replica, key.start, key.count)
        case 2:
            let key = input.text()
            var entry = scuttle_entry_t()
            _ = scuttle_get(replica, key.start, key.count, &entry)
            var keys = [scuttle_key_t](repeating: scuttle_key_t(key: key.start, key_len: key.count), count: 2)
            _ = scuttle_get_many(replica, &keys, keys.count, { _, index, entry in entry == nil ? 0 : CInt(index) }, nil)
        case 3: copy(replica, &input)
        case 4: _ = scuttle_gossip(replica)
        case 5: open(side, replica, &input)
        case 6: close(side, link)
        case 7:
            let bytes = input.text()
            _ = scuttle_link_write(link, bytes.start, bytes.count)
        case 8: carry(side, link, &input)
        case 9:
            let prefix = input.text()
            _ = scuttle_state(replica, prefix.start, prefix.count, { _, _ in 0 }, nil)
        case 10:
            let source = input.text()
            _ = scuttle_news(replica, source.start, source.count, UInt64(input.byte()), { _, _ in 0 }, nil)
        case 11: _ = scuttle_link_gossip(link)
        case 12: peek(link, &input)
        case 13:
            _ = scuttle_count(replica, &number)
            _ = scuttle_version(replica, &version)
            _ = scuttle_clock(replica, { _, _, _, _ in 0 }, nil)
        case 14:
            let bytes = input.text()
            _ = scuttle_write(replica, bytes.start, bytes.count)
        default: later(replica, &input)
        }
        _ = scuttle_errmsg(replica)
    }

    func end() {
        for replica in replicas { scuttle_free(replica) }
    }

    private func copy(_ replica: OpaquePointer?, _ input: inout Input) {
        let (key, capacity) = (input.text(), Int(input.byte()))
        var needed = 0
        var entry = scuttle_entry_t()
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { buffer in
            _ = scuttle_get_copy(replica, key.start, key.count, buffer.baseAddress, capacity, &needed, &entry)
        }
    }

    private mutating func open(_ side: Int, _ replica: OpaquePointer?, _ input: inout Input) {
        // The right size, or a smaller one. A larger struct would have to exist.
        let size = min(Int(input.byte() & 31), MemoryLayout<scuttle_link_config_t>.size)
        var config = scuttle_link_config_t(struct_size: size, flags: UInt32(input.byte() & 63), reserved: 0)
        var link: OpaquePointer?
        if scuttle_link_open(replica, &config, &link) == SCUTTLE_OK, let link { links[side].append(link) }
    }

    private mutating func close(_ side: Int, _ link: OpaquePointer?) {
        scuttle_link_close(link)
        links[side].removeAll { $0 == link }
    }

    /// Carries the output of one side's link to the first link of the other side.
    private func carry(_ side: Int, _ link: OpaquePointer?, _ input: inout Input) {
        let capacity = Int(input.byte()) * 4
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { buffer in
            var count = 0
            guard scuttle_link_read(link, buffer.baseAddress, capacity, &count) == SCUTTLE_OK else { return }
            precondition(count <= capacity)
            _ = scuttle_link_write(links[1 - side].first, buffer.baseAddress, count)
        }
    }

    private func peek(_ link: OpaquePointer?, _ input: inout Input) {
        let most = Int(input.byte() & 7)
        withUnsafeTemporaryAllocation(of: scuttle_span_t.self, capacity: most + 1) { spans in
            var count = 0
            guard scuttle_link_peek(link, spans.baseAddress, most, &count) == SCUTTLE_OK else { return }
            var sum = 0
            for span in spans[..<count] {
                sum &+= UnsafeRawBufferPointer(start: span.data, count: span.len).reduce(0) { $0 &+ Int($1) }
            }
            _ = scuttle_link_consume(link, Int(input.byte()) - 1 + (sum & 1))
        }
    }

    /// Makes the calls that the extended dialect has added, and a replica with odd settings.
    private mutating func later(_ replica: OpaquePointer?, _ input: inout Input) {
        switch input.byte() & 15 {
        case 0:
            let (key, value) = (input.text(), input.text())
            let renewal = UInt64(input.byte() & 1) << 63
            _ = scuttle_set_ttl(replica, key.start, key.count, value.start, value.count, UInt64(input.byte()) | renewal)
        case 1: _ = scuttle_tick(replica, UInt64(input.byte()) << (input.byte() & 63))
        case 2:
            var purged = 0
            _ = scuttle_purge(replica, &purged)
        case 3:
            let source = input.text()
            _ = scuttle_forget(replica, source.start, source.count)
        case 4:
            let bytes = input.text()
            _ = scuttle_import(replica, bytes.start, bytes.count)
        case 5: check(&input)
        case 6: exchange()
        case 8: _ = scuttle_history(replica, { _, _ in 0 }, nil)
        case 9: writeHistory(replica, &input)
        case 10:
            var removed = 0
            let drop: scuttle_visit_fn = { _, update in CInt(truncatingIfNeeded: (update?.pointee.version ?? 0) & 1) }
            _ = scuttle_history_trim(replica, drop, nil, &removed)
        case 11: _ = scuttle_history_keep(replica, Int(input.byte()))
        case 12: setMany(replica, &input)
        case 13:
            let (key, value, source) = (input.text(), input.text(), input.text())
            var expected = scuttle_entry_t()
            (expected.source, expected.source_len, expected.version) = (
                source.start, source.count, UInt64(input.byte())
            )
            _ = scuttle_set_if(replica, key.start, key.count, value.start, value.count, &expected)
        default: new(&input)
        }
    }

    private func setMany(_ replica: OpaquePointer?, _ input: inout Input) {
        var writes: [scuttle_write_t] = []
        for _ in 0..<(input.byte() & 7) {
            let (key, value) = (input.text(), input.text())
            writes.append(
                scuttle_write_t(
                    key: key.start, key_len: key.count, json: value.start, json_len: value.count,
                    ttl_ms: UInt64(input.byte()) << (input.byte() & 63)))
        }
        _ = scuttle_set_many(replica, writes, writes.count)
    }

    private func writeHistory(_ replica: OpaquePointer?, _ input: inout Input) {
        let (key, value, source) = (input.text(), input.text(), input.text())
        var update = scuttle_update_t()
        (update.key, update.key_len) = (key.start, key.count)
        (update.value, update.value_len) = (value.start, value.count)
        (update.source, update.source_len) = (source.start, source.count)
        (update.version, update.flags) = (UInt64(input.byte()), UInt32(input.byte()))
        _ = scuttle_history_write(replica, &update)
    }

    /// Exchanges messages between the first links of both sides until they have nothing to send.
    private func exchange() {
        guard let a = links[0].first, let b = links[1].first else { return }
        _ = scuttle_link_gossip(a)
        withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 1) { buffer in
            for round in 0..<2000 {
                var moved = 0
                for (from, to) in [(a, b), (b, a)] {
                    var count = 0
                    _ = scuttle_link_read(from, buffer.baseAddress, buffer.count, &count)
                    _ = scuttle_link_write(to, buffer.baseAddress, count)
                    moved += count
                }
                if moved == 0 { return }
                precondition(round < 1999, "an endless conversation")
            }
        }
    }

    private func check(_ input: inout Input) {
        var config = scuttle_config_t()
        config.struct_size = MemoryLayout<scuttle_config_t>.size
        config.seed = 1
        config.resolver = UInt32(input.byte() & 3)
        var updates: [scuttle_update_t] = []
        for _ in 0..<Int(input.byte() & 3) {
            var update = scuttle_update_t()
            let (value, source) = (input.text(), input.text())
            (update.value, update.value_len) = (value.start, value.count)
            (update.source, update.source_len) = (source.start, source.count)
            update.version = UInt64(input.byte())
            update.flags = UInt32(input.byte())
            updates.append(update)
        }
        var flaw = scuttle_flaw_t()
        let code = scuttle_check_resolver(&config, updates, updates.count, &flaw)
        precondition(code != SCUTTLE_E_RESOLVER, "a resolver of the library breaks a law")
    }

    /// Creates and frees a replica with odd settings.
    private func new(_ input: inout Input) {
        var config = scuttle_config_t()
        withUnsafeMutableBytes(of: &config) { bytes in
            // The numbers in front of the pointers.
            for offset in 0..<min(40, bytes.count) { bytes[offset] = input.byte() }
        }
        config.struct_size = min(config.struct_size & 511, MemoryLayout<scuttle_config_t>.size)
        if input.byte() & 1 == 0 { config.struct_size = MemoryLayout<scuttle_config_t>.size }
        var name = (0..<Int(input.byte() & 15)).map { _ in CChar(truncatingIfNeeded: Int(input.byte())) }
        name.append(0)
        var replica: OpaquePointer?
        let code = scuttle_new(name, &config, &replica)
        precondition((code == SCUTTLE_OK) == (replica != nil))
        var (text, length) = (UnsafePointer<CChar>?.none, 0)
        precondition(scuttle_name(replica, &text, &length) == (replica == nil ? SCUTTLE_E_ARGUMENT : SCUTTLE_OK))
        scuttle_free(replica)
    }
}
