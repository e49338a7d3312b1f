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
        guard let lease = try lease(for: timeToLive) else { return try set(writable, to: value) }
        try checkMemory(for: key, value)
        if isGuarded { return try writeGuarded(key, value, lease) }
        counters.sets &+= 1
        write(writable, value, lease)
    }

    /// Returns the lease of a host's time to live, which may have the flag `Lease.renewal`; nil for a time without an end.
    /// - Throws: `.unsupported`; `.argument` for the renewal of a time that is over at once.
    func lease(for timeToLive: UInt64) throws(Failure) -> Lease? {
        let length = timeToLive & ~Lease.renewal
        guard length <= LeaseClock.longest else { return nil }
        guard expires else {
            throw Failure(.unsupported, "times to live need a last-writer resolver, because null may lose under others")
        }
        var lease = leases.lease(for: length)
        lease.isRenewed = length != timeToLive
        guard length > 0 || !lease.isRenewed else {
            throw Failure(.argument, "a time to live of 0 ms cannot be renewed")
        }
        return lease
    }

    /// Advances the host's time, which never goes back; renews the keys whose time is half over, and deletes those whose time is
    /// over. O(log n) for each of those, and O(1) otherwise.
    /// - Returns: whether more keys are due than one call writes.
    /// - Throws: `.exhausted`; then expired keys stay. The error of a renewal, after all else is done.
    @discardableResult
    public func tick(_ time: UInt64) throws(Failure) -> Bool {
        retireSilent(after: leases.advance(to: time))
        var left = Store.maxWritesPerTick
        let succeeds = !renewals.isDue(at: leases.time) || renewDue(&left)
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
            guard version < .highest else { throw exhausted }
            _ = expiries.pop()
            end(record, item.key)
        }
        if !succeeds { throw mayWrite ? Failure.outOfMemory : exhausted }
        return left <= 0 && renewals.isDue(at: leases.time)
    }

    /// The most renewals and expiries in one call.
    private static var maxWritesPerTick: Int { 4096 }

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
        if lease.isRenewed { scheduleRenewal(of: record, key, at: lease.renewalTime) }
        var due = lease.begin + lease.timeToLive
        if sources[record.timestamp.source].name != own.name {
            let half = lease.timeToLive / 2
            // The source makes the number differ at replicas whose hosts give them the same seed.
            due += half + RandomSource.mix(random.next() ^ own.mark) % max(half, 1)
        }
        expiries.push(KeyHeap.Item(priority: due, key: key, source: record.source, version: record.version)) {
            isCurrent($0)
        }
    }
}
