/// Keys with a time to live.
///
/// The time travels with the update, and each replica counts it by the ticks of its own host. A replica of the writer's name
/// deletes the key when the time is over. The others do so after half as long again and a random part, in case the writer has
/// gone. An expiry is a delete with the timestamp of the write that it ends. It ranks above that write and below all later ones.
/// So the expiries of one write by several replicas are one, and none ends a renewal.
extension Store {
    /// Sets a key that is to be deleted when its time to live is over; more than `LeaseClock.longest` is for ever.
    /// - Throws: as `set`; `.unsupported` if the resolver may let an older value stand over an expiry.
    public func set(_ key: Bytes, to value: Bytes, for timeToLive: UInt64) throws(Failure) {
        let writable = try writableKey(key)
        guard timeToLive <= LeaseClock.longest else { return try set(writable, to: value) }
        guard expires else {
            throw Failure(.unsupported, "times to live need a last-writer resolver, because null may lose under others")
        }
        let lease = leases.lease(for: timeToLive)
        try checkMemory(for: key, value)
        if isGuarded { try prepare(key, value, .value, lease) }
        counters.sets &+= 1
        write(writable, value, lease)
    }

    /// Advances the host's time, which never goes back, and deletes the keys whose time is over. O(log n) for each of those, and
    /// O(1) otherwise.
    /// - Returns: whether more keys have expired than one call deletes.
    /// - Throws: `.exhausted`; then expired keys stay.
    @discardableResult
    public func tick(_ time: UInt64) throws(Failure) -> Bool {
        retireSilent(after: leases.advance(to: time))
        var left = Store.maxExpiredPerTick
        while let item = expiries.first, item.priority <= leases.time {
            guard left > 0 else { return true }
            left -= 1
            // The update may have arrived anew, with another time to live or none.
            guard isCurrent(item), let record = keys[item.key], let lease = record.lease,
                lease.begin + lease.timeToLive <= leases.time
            else {
                _ = expiries.pop()
                continue
            }
            guard !hasLeft else { return false }
            guard version < .highest else { throw Failure(.exhausted, "the version has reached 2^53-1") }
            _ = expiries.pop()
            end(record, item.key)
        }
        return false
    }

    /// The most expiries in one call.
    private static var maxExpiredPerTick: Int { 4096 }

    /// Whether times to live count: under other resolvers a write may lose to a value that is older than its expiry.
    var expires: Bool {
        if case .lastWriter = configuration.resolver { return true }
        return false
    }

    /// Deletes an entry whose time is over.
    private func end(_ record: Record, _ key: KeyID) {
        counters.expired &+= 1
        let timestamp = configuration.disabledRules.contains(.expiry) ? nil : record.timestamp
        // The hash is needed only for a key without an entry.
        write(Bytes("null"), .expiry, timestamp, nil, to: WritableKey(bytes: record.key, hash: 0), key)
    }

    /// Schedules the expiry of a new entry with a time to live.
    func countDown(_ lease: Lease, of record: Record, _ key: KeyID) {
        guard expires else { return }
        var due = lease.begin + lease.timeToLive
        if sources[record.timestamp.source].name != own.name {
            let half = lease.timeToLive / 2
            // The source makes the number differ at replicas whose hosts give them the same seed.
            due += half + RandomSource.mix(random.next() ^ own.mark) % max(half, 1)
        }
        expiries.push(KeyHeap.Item(priority: due, key: key, source: record.source, version: record.version))
        expiryCount += 1
        guard expiryCount > expiries.items.count / 2 + 32 else { return }
        expiryCount = 0
        let live = expiries.items.reduce(0) { $0 + (isCurrent($1) ? 1 : 0) }
        expiries.sweep(keeping: live) { isCurrent($0) }
    }
}
