import CScuttle
import ScuttleCore
import ScuttleJansson

@_cdecl("scuttle_history") @implementation
public func scuttle_history(
    _ replica: OpaquePointer!, _ visit: scuttle_visit_fn!, _ context: UnsafeMutableRawPointer!
) -> CInt {
    enterReading(replica) { (_, replica) throws(Failure) in
        hand(replica.historyUpdates, to: try required(visit, "visit"), context)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_history_write") @implementation
public func scuttle_history_write(_ replica: OpaquePointer!, _ update: UnsafePointer<scuttle_update_t>!) -> CInt {
    enter(replica) { (handle, replica) throws(Failure) in
        let update = try required(update, "update").pointee
        let limits = handle.limits
        let key = try text(update.key, update.key_len, limit: limits.keyBytes, "key")
        let source = try text(update.source, update.source_len, limit: Limits.idBytes, "source")
        let value = try text(update.value, update.value_len, limit: limits.valueBytes, "value")
        try replica.writeHistory(
            key, handle.values.check(value, limits), isDelete: update.flags & SCUTTLE_UPDATE_DELETED != 0,
            source: source,
            version: update.version)
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_history_trim") @implementation
public func scuttle_history_trim(
    _ replica: OpaquePointer!, _ drop: scuttle_visit_fn!, _ context: UnsafeMutableRawPointer!,
    _ removed: UnsafeMutablePointer<Int>!
) -> CInt {
    enter(replica, nestedIf: { $0.isCompacting }) { (_, replica) throws(Failure) in
        let drop = try required(drop, "drop")
        let count = replica.trimHistory { update in withView(update) { drop(context, $0) } != 0 }
        removed?.pointee = count
        return SCUTTLE_OK
    }
}

@_cdecl("scuttle_history_keep") @implementation
public func scuttle_history_keep(_ replica: OpaquePointer!, _ count: Int) -> CInt {
    enter(replica, nestedIf: { $0.isCompacting }) { (_, replica) throws(Failure) in
        try replica.keepHistory(upTo: count < 0 ? .max : count)
        return SCUTTLE_OK
    }
}
