import CScuttle
import ScuttleCore
import ScuttleJansson

@_cdecl("scuttle_new") @implementation
public func scuttle_new(
    _ name: UnsafePointer<CChar>!, _ config: UnsafePointer<scuttle_config_t>!,
    _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> CInt {
    guard let out else { return SCUTTLE_E_ARGUMENT }
    out.pointee = nil
    do throws(Failure) {
        let config = try versioned(config, zero: scuttle_config_t(), smallest: 16)
        var state = Bytes(start: nil, count: 0)
        if config.state != nil { state = try text(config.state, config.state_len, limit: .max - 1, "state") }
        let handle = try makeReplica(name, config, startingFrom: state)
        // Callbacks may read it from now on.
        let retained = Unmanaged.passRetained(handle)
        out.pointee = OpaquePointer(retained.toOpaque())
        do throws(Failure) {
            try handle.loadStore()
            let isWhole = config.state == nil ? true : try handle.load(state)
            return isWhole ? SCUTTLE_OK : SCUTTLE_TORN
        } catch {
            out.pointee = nil
            retained.release()
            throw error
        }
    } catch {
        return error.code.rawValue
    }
}

private func makeReplica(
    _ name: UnsafePointer<CChar>?, _ config: scuttle_config_t, startingFrom state: Bytes
) throws(Failure) -> ReplicaHandle {
    // The memory of a new replica.
    try Memory.checkNow(1 << 16)
    var configuration = try Configuration(config)
    let loader: StateLoader?
    if let store = config.state_store {
        guard config.state == nil else { throw Failure(.argument, "both state and state_store are set") }
        loader = try StateLoader(store)
    } else {
        loader = nil
    }
    configuration.store = loader?.store
    let name = try text(name, -1, limit: Limits.idBytes, "name")
    let isExact = config.flags & SCUTTLE_EXACT_ID != 0
    // A random seed gives each start another incarnation anyway.
    let distinguishing = config.seed == 0 ? Bytes(start: nil, count: 0) : state
    let id = try ReplicaID(name, incarnation: isExact ? nil : configuration.seed, startingFrom: distinguishing)
    guard let lock = Lock() else { throw Failure(.memory, "the system has no memory for a lock") }
    let replica = Replica(id: id, configuration: configuration)
    return ReplicaHandle(lock: lock, replica: replica, limits: configuration.limits, load: loader)
}

@_cdecl("scuttle_free") @implementation
public func scuttle_free(_ replica: OpaquePointer!) {
    guard let replica else { return }
    let handle = Unmanaged<ReplicaHandle>.fromOpaque(UnsafeRawPointer(replica))
    // In the child of a fork nothing can be freed, because the parent's threads may have been inside of any call. In a callback
    // the running call still needs the replica.
    guard handle.takeUnretainedValue().lock.acquire() else { return }
    handle.takeUnretainedValue().lock.release()
    handle.release()
}

@_cdecl("scuttle_errmsg") @implementation
public func scuttle_errmsg(_ replica: OpaquePointer!) -> UnsafePointer<CChar>! {
    guard let replica else { return Bytes("the replica is NULL").chars }
    let handle = Unmanaged<ReplicaHandle>.fromOpaque(UnsafeRawPointer(replica)).takeUnretainedValue()
    return handle.lock.isInOriginProcess ? handle.message.text : scuttle_strerror(SCUTTLE_E_FORKED)
}

@_cdecl("scuttle_errmsg_copy") @implementation
public func scuttle_errmsg_copy(
    _ replica: OpaquePointer!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int
) -> CInt {
    guard let buffer, capacity > 0 else { return SCUTTLE_E_ARGUMENT }
    let code = enterHandle(replica) { (handle) throws(Failure) in
        handle.message.copy(to: buffer, capacity: capacity)
    }
    guard code == SCUTTLE_E_FORKED else { return code }
    ErrorMessage.copy(scuttle_strerror(code), to: buffer, capacity: capacity)
    return SCUTTLE_OK
}

@_cdecl("scuttle_id") @implementation
public func scuttle_id(
    _ replica: OpaquePointer!, _ id: UnsafeMutablePointer<UnsafePointer<CChar>?>!, _ id_len: UnsafeMutablePointer<Int>!
) -> CInt {
    enterHandle(replica) { (handle) throws(Failure) in
        let (id, count) = (try required(id, "id"), try required(id_len, "id_len"))
        id.pointee = handle.id.bytes.chars
        count.pointee = handle.id.bytes.count
    }
}

@_cdecl("scuttle_name") @implementation
public func scuttle_name(
    _ replica: OpaquePointer!, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>!, _ len: UnsafeMutablePointer<Int>!
) -> CInt {
    enterHandle(replica) { (handle) throws(Failure) in
        let (name, count) = (try required(name, "name"), try required(len, "len"))
        name.pointee = handle.name.bytes.chars
        count.pointee = handle.name.bytes.count
    }
}

@_cdecl("scuttle_set") @implementation
public func scuttle_set(
    _ replica: OpaquePointer!, _ key: UnsafePointer<CChar>!, _ key_len: Int, _ json: UnsafePointer<CChar>!,
    _ json_len: Int
) -> CInt {
    enterOften(replica) { (handle, replica) throws(Failure) in
        let key = try text(key, key_len, limit: handle.limits.keyBytes, "key")
        let json = try text(json, json_len, limit: handle.limits.valueBytes, "json")
        let writable = try replica.writableKey(key)
        try replica.set(writable, to: handle.values.check(json, handle.limits))
        return replica.successCode
    }
}

@_cdecl("scuttle_delete") @implementation
public func scuttle_delete(_ replica: OpaquePointer!, _ key: UnsafePointer<CChar>!, _ key_len: Int) -> CInt {
    enter(replica) { (handle, replica) throws(Failure) in
        try replica.delete(handle.key(key, key_len))
        return replica.successCode
    }
}

@_cdecl("scuttle_set_ttl") @implementation
public func scuttle_set_ttl(
    _ replica: OpaquePointer!, _ key: UnsafePointer<CChar>!, _ key_len: Int, _ json: UnsafePointer<CChar>!,
    _ json_len: Int, _ ttl_ms: UInt64
) -> CInt {
    enter(replica) { (handle, replica) throws(Failure) in
        let key = try handle.key(key, key_len)
        let json = try text(json, json_len, limit: handle.limits.valueBytes, "json")
        try replica.set(key, to: handle.values.check(json, handle.limits), for: ttl_ms)
        return replica.successCode
    }
}

@_cdecl("scuttle_tick") @implementation
public func scuttle_tick(_ replica: OpaquePointer!, _ now_ms: UInt64) -> CInt {
    enter(replica) { (_, replica) throws(Failure) in
        return try replica.tick(now_ms) ? SCUTTLE_MORE : replica.successCode
    }
}

@_cdecl("scuttle_gossip") @implementation
public func scuttle_gossip(_ replica: OpaquePointer!) -> CInt {
    enter(replica) { (handle, replica) throws(Failure) in
        handle.gossip()
        return replica.successCode
    }
}

@_cdecl("scuttle_accept_again") @implementation
public func scuttle_accept_again(_ replica: OpaquePointer!) -> CInt {
    enter(replica) { (_, replica) throws(Failure) in
        replica.acceptAgain()
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_purge") @implementation
public func scuttle_purge(_ replica: OpaquePointer!, _ purged: UnsafeMutablePointer<Int>!) -> CInt {
    enter(replica) { (_, replica) throws(Failure) in
        let purged = try required(purged, "purged")
        purged.pointee = try replica.purge()
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_forget") @implementation
public func scuttle_forget(_ replica: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ name_len: Int) -> CInt {
    enter(replica) { (_, replica) throws(Failure) in
        let name = try text(name, name_len, limit: Limits.idBytes, "name")
        guard name.count <= Limits.idBytes else { return SCUTTLE_NOT_FOUND }
        return replica.retireName(name) ? SCUTTLE_OK : SCUTTLE_NOT_FOUND
    }
}
