@testable import ScuttleCore

/// Keys with a time to live, and hosts whose clocks differ by any amount.
extension World {
    /// Chooses the times to live of a world. Only last-writer worlds have them, since other rules support none.
    func beginLeases(seed: UInt64) {
        // In worlds that retire names by time, the clock serves for that.
        guard plan.middle == nil, plan.classic == nil, plan.rule == .lastWriter, plan.faults.retireAfter == 0 else {
            return
        }
        var leases = Leases(seed: seed)
        if leases.random.oneIn(3) { self.leases = leases }
    }

    /// Returns a time to live for half of the keys. Hosts delete few of those.
    func timeToLive(of key: String) -> UInt64? {
        guard leases != nil, key.hasPrefix("k"), key.utf8.last.map({ $0 % 2 == 0 }) ?? false else { return nil }
        return leases?.random.pick([0, 20, 20, 60, UInt64(Leases.maxTimeToLive)])
    }

    func noteLease(of write: Write, _ timeToLive: UInt64) {
        let begin = leases?.elapsed ?? 0
        leases?.all[write.number] = Leases.Lease(timeToLive: timeToLive, begin: begin)
    }

    /// Starts a host's clock again.
    func startClock(of number: Int) {
        guard var leases else { return }
        let anew = leases.random.oneIn(2)
        if number < leases.clocks.count { leases.clocks[number].begin(anew: anew) }
        self.leases = leases
    }

    func tickSometimes() throws {
        guard leases != nil else { return }
        for number in present where leases?.random.oneIn(6) ?? false { try tick(number, jump: 0) }
    }

    private func tick(_ number: Int, jump: UInt64) throws {
        guard var leases else { return }
        while leases.clocks.count <= number {
            leases.clocks.append(HostClock(steps: plan.steps, &leases.random))
            leases.lastTick.append(now)
        }
        guard jump > 0 || now < leases.clocks[number].stopsAt else { return }
        let time =
            jump > 0
            ? leases.clocks[number].jump(by: jump)
            : leases.clocks[number].pass(now - leases.lastTick[number], &leases.random)
        leases.lastTick[number] = now
        let replica = replicas[number]
        let before = living(replica)
        let counted = replica.leases.time
        self.leases = leases
        try replica.tick(time)
        self.leases?.elapsed += replica.leases.time - counted
        say("\(number) ticks, \(time)")
        for (key, ended) in before { try noteExpiry(of: ended, key, at: replica) }
    }

    /// Returns the keys with a time to live that a replica holds, and their writes.
    private func living(_ replica: Replica) -> [(key: KeyID, write: Int)] {
        var found: [(KeyID, Int)] = []
        replica.keys.forEach { key, record in
            if record.lease != nil, let write = number(of: record, replica) { found.append((key, write)) }
            return true
        }
        return found
    }

    /// Notes an expiry. The oracle treats the expiries of one write as one delete, which ranks just above that write.
    private func noteExpiry(of ended: Int, _ key: KeyID, at replica: Replica) throws {
        // Its tombstone may have been purged at once.
        let record = replica.keys[key]
        guard record?.kind ?? .expiry == .expiry, let lease = leases?.all[ended] else { return }
        counts.expired += 1
        let write = writes[ended]
        guard leases?.elapsed ?? 0 >= lease.begin + lease.timeToLive else {
            throw SimulationFailure(description: "\(write) has ended before its time, \(lease)")
        }
        let expiry = lease.expiry ?? writes.count
        if lease.expiry == nil {
            leases?.all[ended]?.expiry = expiry
            say("\(write.key): \(write.value) at \(write.version) has ended, as write \(expiry)")
            writes.append(
                Write(
                    number: expiry, key: write.key, rank: 0, isDelete: true, isExpiry: true, source: write.source,
                    version: write.version, replaced: ended))
        }
        guard let timestamp = record?.timestamp else { return }
        numbers[
            WriteID(
                source: [UInt8](replica.sources[timestamp.source].id), version: timestamp.version, isExpiry: true)] =
            expiry
    }

    /// Ends all times to live: some hosts stop ticking, the writers among them or not, because one ticking host is enough. All
    /// other keys stay.
    func endLeases() throws {
        guard leases != nil else { return }
        let stays = known(presentReplicas[0]).filter { leaseOfLine($0) == nil }
        // A replica that has left writes nothing any more, not even an expiry.
        let writers = present.filter { !left.contains($0) }
        guard !writers.isEmpty else { return }
        let last = writers[leases?.random.below(writers.count) ?? 0]
        let ticking = present.filter { $0 == last || leases?.random.oneIn(3) ?? false }
        // A replica that has left may bring a value back whose expiry was purged before they met. The value expires again.
        for _ in 0..<2 {
            for number in ticking {
                // The first tick may only start the clock.
                try tick(number, jump: 1)
                try tick(number, jump: UInt64(3 * Leases.maxTimeToLive))
            }
            try heal()
        }
        // A replica with a floor does not learn of a purge at or below it.
        for (number, replica) in zip(present, presentReplicas) where known(replica) != stays && mustBeInStep {
            throw SimulationFailure(
                description: "replica \(number) has \(live(replica)) when all times are over, not \(stays)")
        }
    }

    /// Returns the known entries: the oracle does not know the entries that a host kept from a reset and wrote again.
    private func known(_ replica: Replica) -> [String] {
        live(replica).filter { line in !isTainted(String(line.prefix { $0 != "=" })) }
    }

    private func leaseOfLine(_ line: String) -> Leases.Lease? {
        leases?.all.first { number, _ in
            let write = writes[number]
            return line == "\(write.key)=\(write.value) by \(write.source.text):\(write.version)"
        }?.value
    }
}
