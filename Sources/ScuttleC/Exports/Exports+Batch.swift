import CScuttle
import ScuttleCore
import ScuttleJansson

@_cdecl("scuttle_set_many") @implementation
public func scuttle_set_many(
    _ replica: OpaquePointer!, _ writes: UnsafePointer<scuttle_write_t>!, _ count: Int
) -> CInt {
    enter(replica) { (handle, replica) throws(Failure) in
        var batch = Batch()
        if count != 0 {
            let writes = try required(writes, "writes")
            for index in 0..<(try length(count, "writes")) {
                let write = writes[index]
                let key = try handle.key(write.key, write.key_len)
                let value = try handle.value(write.json, write.json_len)
                try replica.add(key, value, for: write.ttl_ms, to: &batch)
            }
        }
        try replica.write(batch)
        return replica.successCode
    }
}

@_cdecl("scuttle_set_if") @implementation
public func scuttle_set_if(
    _ replica: OpaquePointer!, _ key: UnsafePointer<CChar>!, _ key_len: Int, _ json: UnsafePointer<CChar>!,
    _ json_len: Int, _ expected: UnsafePointer<scuttle_entry_t>!
) -> CInt {
    enter(replica) { (handle, replica) throws(Failure) in
        let key = try handle.key(key, key_len)
        let value = try handle.value(json, json_len)
        let isExpected = try replica.isEntry(key, version: expected?.pointee.version ?? 0) { source throws(Failure) in
            // Without `expected` no entry has its version.
            guard let expected = expected?.pointee else { return false }
            return source.equals(try text(expected.source, expected.source_len, limit: Limits.idBytes, "source"))
        }
        guard isExpected else { return SCUTTLE_CONFLICT }
        var batch = Batch()
        try replica.add(key, value, for: 0, to: &batch)
        try replica.write(batch)
        return replica.successCode
    }
}

extension ReplicaHandle {
    /// Converts a host's key. Its bytes are readable if it is not longer than `max_key_bytes`.
    @inline(never)
    func key(_ start: UnsafePointer<CChar>?, _ count: Int) throws(Failure) -> Bytes {
        try text(start, count, limit: limits.keyBytes, "key")
    }

    /// Checks a host's value, and returns it without insignificant white space; nil for NULL, which is a delete.
    @inline(never)
    fileprivate func value(_ json: UnsafePointer<CChar>?, _ count: Int) throws(Failure) -> Bytes? {
        guard let json else { return nil }
        return try values.check(text(json, count, limit: limits.valueBytes, "json"), limits)
    }
}
