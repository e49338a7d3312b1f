import CScuttle
import CSystem
import ScuttleCore
import ScuttleJansson

/// Converts a host's config to the core's: defaults for zeros, closures for function pointers, errors for invalid fields.
extension Configuration {
    init(_ config: scuttle_config_t) throws(Failure) {
        self.init()
        guard config.flags & ~(SCUTTLE_UNIQUE_ID | SCUTTLE_KEEP_TOMBSTONES | SCUTTLE_EXACT_ID) == 0 else {
            throw Failure(.argument, "flags is \(UInt64(config.flags)), which has an unknown flag")
        }
        keepsTombstones = config.flags & SCUTTLE_KEEP_TOMBSTONES != 0
        maxTombstones = Self.count(config.max_tombstones, default: maxTombstones)
        maxRetired = Self.count(config.max_retired, default: maxRetired)
        retireAfter = config.retire_after_ms
        maxRefused = Self.count(config.max_refused, default: maxRefused)
        cluster = try Self.cluster(config.cluster)
        protocolVersions = try Self.versions(config.protocol_min, config.protocol_max)
        mtu = Self.count(config.mtu, default: mtu)
        maxHistory = Self.count(config.max_history, default: maxHistory)
        seed = config.seed == 0 ? try Self.systemSeed() : config.seed
        limits = try Limits(config)
        maxLinks = try Self.size(config.max_links, "max_links", default: maxLinks, max: 1 << 30)
        maxKeys = Self.count(config.max_keys, default: maxKeys)
        bound()
        resolver = try Resolver(config)
        isRespelling = { ValueOrder.areSame($0, $1) }

        let context = config.context
        if let sort = config.sort {
            self.sort = { a, b in withViews(a, b) { sort(context, $0, $1) < 0 } }
        }
        if let onUpdate = config.on_update {
            self.onUpdate = { update in withView(update) { onUpdate(context, $0) } }
        }
        if let onCompaction = config.on_compaction {
            self.onCompaction = { updates in
                withViews(of: updates) { onCompaction(context, $0, updates.count) }
            }
        }
        if let onDrain = config.on_drain {
            self.onDrain = { onDrain(context) }
        }
        if let onEvent = config.on_event {
            self.onEvent = { link, event, code in
                onEvent(context, link.host.map { OpaquePointer($0) }, event.rawValue, code)
            }
            self.onRefused = { link, update, code in
                guard let host = link.host else { return }
                withView(update) { view in
                    Unmanaged<LinkHandle>.fromOpaque(host).takeUnretainedValue().tell(update, view, code) {
                        onEvent(context, OpaquePointer(host), Event.refused.rawValue, code)
                    }
                }
            }
        }
        if let accept = config.accept {
            self.accept = { link, update in
                withView(update) { accept(context, link.host.map { OpaquePointer($0) }, $0) != 0 }
            }
        }
    }

    /// Converts a count. `size_t` arrives as `Int`, and a negative one is beyond any count.
    fileprivate static func count(_ value: Int, default standard: Int) -> Int {
        value == 0 ? standard : value < 0 ? .max : value
    }

    /// Converts a limit; 0 is the default.
    fileprivate static func size(
        _ value: Int, _ name: StaticString, default standard: Int, max: Int
    ) throws(Failure) -> Int {
        guard value != 0 else { return standard }
        guard value > 0, value <= max else {
            throw Failure(.argument, "\(name) is \(UInt64(UInt(bitPattern: value))); the limit is \(max)")
        }
        return value
    }

    private static func cluster(_ name: UnsafePointer<CChar>?) throws(Failure) -> [UInt8] {
        guard let name else { return [] }
        let bytes = try text(name, -1, limit: Limits.idBytes, "cluster")
        guard bytes.count <= Limits.idBytes else {
            throw Failure(.argument, "the cluster name is \(bytes.count) bytes long; the limit is \(Limits.idBytes)")
        }
        try bytes.checkUTF8("the cluster name")
        return [UInt8](bytes)
    }

    private static func versions(_ lowest: UInt32, _ highest: UInt32) throws(Failure) -> ClosedRange<UInt32> {
        let low = lowest == 0 ? SCUTTLE_PROTOCOL_LOWEST : lowest
        let high = highest == 0 ? SCUTTLE_PROTOCOL_HIGHEST : highest
        guard low <= high, low >= SCUTTLE_PROTOCOL_LOWEST, high <= SCUTTLE_PROTOCOL_HIGHEST else {
            throw Failure(
                .argument,
                "protocol versions \(UInt64(low)) to \(UInt64(high)) are not within \(UInt64(SCUTTLE_PROTOCOL_LOWEST)) to \(UInt64(SCUTTLE_PROTOCOL_HIGHEST))"
            )
        }
        return low...high
    }

    private static func systemSeed() throws(Failure) -> UInt64 {
        var seed: UInt64 = 0
        let count = MemoryLayout<UInt64>.size
        guard getrandom(&seed, count, 0) == count else { throw Failure(.memory, "the system has no randomness") }
        return seed
    }
}

extension Limits {
    fileprivate init(_ config: scuttle_config_t) throws(Failure) {
        self.init()
        let max = Limits.maxItemBytes
        keyBytes = try Configuration.size(config.max_key_bytes, "max_key_bytes", default: keyBytes, max: max)
        valueBytes = try Configuration.size(config.max_value_bytes, "max_value_bytes", default: valueBytes, max: max)
        let maxLine = Limits.largestLine(keyBytes: keyBytes, valueBytes: valueBytes)
        messageBytes = try Configuration.size(
            config.max_message_bytes, "max_message_bytes", default: maxLine, max: 8 * max)
        depth = try Configuration.size(config.max_depth, "max_depth", default: depth, max: Limits.maxDepth)
        sources = try Configuration.size(config.max_sources, "max_sources", default: sources, max: 1 << 30)
        bytes = Configuration.count(config.max_bytes, default: bytes)
        if config.max_version_jump != 0 { versionJump = config.max_version_jump }
    }
}

extension Resolver {
    fileprivate init(_ config: scuttle_config_t) throws(Failure) {
        if let resolve = config.resolve {
            let context = config.context
            self = .host { update, current in
                guard let current else { return withView(update) { resolve(context, $0, nil) != 0 } }
                return withViews(update, current) { resolve(context, $0, $1) != 0 }
            }
            return
        }
        switch config.resolver {
        case SCUTTLE_LWW_VS_CLOCK, SCUTTLE_LWW_VS_CURRENT_VERS: self = .lastWriter
        case SCUTTLE_STRICTLY_ORDER_VALUES: self = .orderedValues(compare: ValueOrder.compare)
        default: throw Failure(.argument, "resolver is \(UInt64(config.resolver)), which is unknown")
        }
    }
}

func withView<Result>(_ update: Update, _ body: (UnsafePointer<scuttle_update_t>) -> Result) -> Result {
    let view = scuttle_update_t(update)
    return withUnsafePointer(to: view, body)
}

func withViews<Result>(
    _ a: Update, _ b: Update, _ body: (UnsafePointer<scuttle_update_t>, UnsafePointer<scuttle_update_t>) -> Result
) -> Result {
    withView(a) { a in withView(b) { b in body(a, b) } }
}

func withViews(of updates: [Update], _ body: (UnsafePointer<UnsafePointer<scuttle_update_t>?>) -> Void) {
    let views = UnsafeMutablePointer<scuttle_update_t>.allocate(capacity: updates.count)
    let pointers = UnsafeMutablePointer<UnsafePointer<scuttle_update_t>?>.allocate(capacity: updates.count)
    for (index, update) in updates.enumerated() {
        (views + index).initialize(to: scuttle_update_t(update))
        (pointers + index).initialize(to: views + index)
    }
    body(pointers)
    views.deallocate()
    pointers.deallocate()
}
