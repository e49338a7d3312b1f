import CScuttle
import ScuttleCore
import ScuttleJansson

@_cdecl("scuttle_check_resolver") @implementation
public func scuttle_check_resolver(
    _ config: UnsafePointer<scuttle_config_t>!, _ updates: UnsafePointer<scuttle_update_t>!, _ count: Int,
    _ flaw: UnsafeMutablePointer<scuttle_flaw_t>!
) -> CInt {
    flaw?.pointee = scuttle_flaw_t()
    do throws(Failure) {
        let configuration = try Configuration(versioned(config, zero: scuttle_config_t(), smallest: 16))
        guard count >= 0, count <= maxUpdates else {
            throw Failure(.argument, "count is \(count); the limit is \(maxUpdates)")
        }
        guard count > 0 else { return SCUTTLE_OK }
        let updates = UnsafeBufferPointer(start: try required(updates, "updates"), count: count)
        let (samples, indices) = try distinct(updates, configuration.limits)
        guard let found = configuration.resolver.flaw(among: samples) else { return SCUTTLE_OK }
        var result = scuttle_flaw_t()
        result.kind = found.kind.rawValue
        result.count = UInt32(truncatingIfNeeded: found.updates.count)
        result.a = indices[found.updates[0]]
        result.b = indices[found.updates[1]]
        if found.updates.count > 2 { result.c = indices[found.updates[2]] }
        flaw?.pointee = result
        return SCUTTLE_E_RESOLVER
    } catch {
        return error.code.rawValue
    }
}

private var maxUpdates: Int { 1000 }

/// Returns the host's updates without repeated dots, and their indices in the host's array.
private func distinct(
    _ updates: UnsafeBufferPointer<scuttle_update_t>, _ limits: Limits
) throws(Failure) -> ([Update], [Int]) {
    var samples: [Update] = []
    var indices: [Int] = []
    for (index, given) in updates.enumerated() {
        let update = try Update(given, limits)
        guard !samples.contains(where: { $0.version == update.version && $0.source.equals(update.source) }) else {
            continue
        }
        samples.append(update)
        indices.append(index)
    }
    return (samples, indices)
}

extension Update {
    /// - Throws: the errors of a peer's update.
    fileprivate init(_ given: scuttle_update_t, _ limits: Limits) throws(Failure) {
        let key = Bytes(start: given.key, count: given.key == nil ? 0 : try length(given.key_len, "key"))
        let value = try text(given.value, given.value_len, limit: limits.valueBytes, "value")
        let source = try text(given.source, given.source_len, limit: Limits.idBytes, "source")
        guard source.count > 0, source.count <= Limits.idBytes else {
            throw Failure(.id, "a source id is empty or longer than \(Limits.idBytes) bytes")
        }
        guard given.version >= 1, given.version <= Version.highest else {
            throw Failure(.version, "a version is not in 1 ... 2^53-1")
        }
        var checker = ValueText()
        _ = try checker.check(value, limits)
        let isDelete = given.flags & SCUTTLE_UPDATE_DELETED != 0
        self.init(
            key: key, value: value, source: source, version: given.version, kind: isDelete ? .delete : .value,
            isLocal: given.flags & SCUTTLE_UPDATE_LOCAL != 0)
    }
}
