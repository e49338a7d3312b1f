/// Keys with a time to live. Time is what the host says it is; the replica that wrote a key deletes it, and its peers learn
/// of an ordinary delete, marked as expiry.
extension Replica {
    /// Sets a key that is to be deleted with the first tick at least `lifetime` after the latest one. Throws as `set`.
    public func set(_ key: Bytes, to value: Bytes, for lifetime: UInt64) throws(Failure) {
        try checkWrite(of: key)
        let time = now.addingReportingOverflow(lifetime)
        guard let id = write(key, value, .value), !time.overflow else { return }
        expire(id, at: time.partialValue)
    }

    /// The host's time, which does not go back; deletes what has expired.
    /// - Throws: `.exhausted`; what is due stays due then.
    public func tick(_ time: UInt64) throws(Failure) {
        let elapsed = now == 0 || time < now ? 0 : time - now
        now = max(now, time)
        retireSilent(after: elapsed)
        while let item = expiries.first, item.number <= now {
            guard isCurrentLease(item), let record = keys[item.key] else {
                _ = expiries.pop()
                continue
            }
            guard version < .highest else { throw Failure(.exhausted, "version numbers have reached 2^53-1") }
            guard !hasLeft else { return }
            _ = expiries.pop()
            record.retain()
            write(record.key, Bytes("null"), .expiry)
            record.release()
        }
    }

    /// Whether an item of `expiries` still speaks of its key's entry: of the same write, under whatever dot.
    func isCurrentLease(_ item: KeyHeap.Item) -> Bool {
        keys[item.key]?.timestamp == Timestamp(version: item.version, source: item.source)
    }

    /// The entry of a key is to be deleted by this replica at a time.
    func expire(_ key: KeyID, at time: UInt64) {
        // A time that no line of an export can tell is never.
        guard let record = keys[key], time <= UInt64(Int64.max) else { return }
        let timestamp = record.timestamp
        expiries.push(
            KeyHeap.Item(number: time, key: key, source: timestamp.source, version: timestamp.version))
        expiryCount += 1
        guard expiryCount > expiries.items.count / 2 + 32 else { return }
        expiryCount = 0
        let live = expiries.items.reduce(0) { $0 + (isCurrentLease($1) ? 1 : 0) }
        expiries.sweep(keeping: live) { isCurrentLease($0) }
    }
}
