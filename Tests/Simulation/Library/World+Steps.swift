@testable import ScuttleCore

extension World {
    func makeStep() throws {
        if random.oneIn(plan.cutOneIn) { try cutOrMend() }
        if random.oneIn(plan.crashOneIn) { try restart(random.pick(present)) }
        if random.oneIn(plan.saveOneIn) { save(random.pick(present)) }
        try retireNames()
        if plan.faults.joins > 0, random.oneIn(60) { try join() }
        if plan.faults.twins > 0, random.oneIn(40) { try addTwin() }
        if random.oneIn(25) { try intrude() }
        if random.oneIn(plan.purgeOneIn), plan.purging == .forced {
            let purged = try replicas[random.pick(present)].purge()
            counts.purges += purged
            if purged > 0 { say("purged \(purged)") }
        }
        if random.percent(plan.writes) {
            let number = random.pick(present)
            for _ in 0..<writesAtOnce() {
                let key = random.below(plan.keys)
                try write(number, plan.classic?.keys[key] ?? "k\(key)", isDelete: random.percent(plan.deletes))
            }
        }
        switch random.below(6) {
        case 0: replicas[random.pick(present)].gossip()
        case 1:
            let wire = random.pick(wires)
            if wire.isUp { wire.ends[random.below(2)].link.gossip() }
        default: try carry()
        }
    }

    /// Returns how many writes come at once: sometimes so many that indices are swept, histories overflow, and a delta needs
    /// hundreds of batches.
    private func writesAtOnce() -> Int {
        guard random.oneIn(30) else { return 1 }
        return random.oneIn(plan.hasManyKeys ? 2 : 10) ? random.within(200...500) : random.within(10...80)
    }

    func write(_ number: Int, _ key: String, isDelete: Bool) throws {
        guard !isAsleep(number) else { return }
        guard !left.contains(number) else { return try writeIsRefused(number, key, isDelete: isDelete) }
        let replica = replicas[number]
        // A host can write no more than its own limits allow.
        let isDelete = isDelete || isOverLimit(writes.count, of: number) || isFull(number, for: key)
        let write = newWrite(
            writes.count, key, isDelete: isDelete, at: replica, version: replica.version + 1,
            replaced: entry(of: key, at: replica), &random)
        let timeToLive = isDelete ? nil : timeToLive(of: key)
        try [UInt8](key.utf8).lend { (key) throws(Failure) in
            if isDelete { return try replica.delete(key) }
            try [UInt8](write.value.utf8).lend { (value) throws(Failure) in
                if let timeToLive {
                    try replica.set(key, to: value, for: timeToLive)
                } else {
                    try replica.set(key, to: value)
                }
            }
        }
        note(write, timeToLive, of: number)
    }

    /// Returns a write of a replica, with a value out of a stream of choices.
    func newWrite(
        _ index: Int, _ key: String, isDelete: Bool, at replica: Replica, version: Version, replaced: Int?,
        _ random: inout Random
    ) -> Write {
        var write = Write(
            number: index, key: key, rank: random.below(4), isDelete: isDelete, source: [UInt8](replica.id),
            version: version, replaced: replaced)
        if plan.classic != nil { setText(&write, &random) }
        return write
    }

    /// Notes a write that a replica has made.
    func note(_ write: Write, _ timeToLive: UInt64?, of number: Int) {
        if let timeToLive { noteLease(of: write, timeToLive) }
        say("\(number) \(write.isDelete ? "deletes" : "writes") \(write.key): \(write.value) at \(write.version)")
        writes.append(write)
        noteLength(of: write)
        numbers[WriteID(source: write.source, version: write.version)] = write.number
    }

    /// Checks that a replica that has left rejects a write.
    private func writeIsRefused(_ number: Int, _ key: String, isDelete: Bool) throws {
        let replica = replicas[number]
        let before = exported(replica)
        do throws(Failure) {
            try [UInt8](key.utf8).lend { (key) throws(Failure) in
                if isDelete { return try replica.delete(key) }
                try [UInt8]("1".utf8).lend { (value) throws(Failure) in try replica.set(key, to: value) }
            }
        } catch {
            guard error.code != .unsupported || exported(replica) != before else { return }
        }
        throw SimulationFailure(description: "replica \(number) has left, and writes")
    }

    private func carry() throws {
        let wire = random.pick(wires)
        guard !wire.isBlocked else { return }
        let side = random.below(2)
        if random.below(4) > 0 { _ = try wire.send(from: side, self) }
        guard !wire.edge.isSlow || random.oneIn(5) else { return }
        _ = try wire.deliver(from: side, random.within(1...600), self)
        if let limit = plan.breakAfter, wire.carried >= limit {
            say("\(wire.edge.sides) breaks after \(wire.carried) bytes")
            try wire.cut(self)
            try wire.connect(replicas)
        }
    }

    private func cutOrMend() throws {
        let wire = random.pick(wires)
        switch random.below(3) {
        case 0:
            say("\(wire.isBlocked ? "unblock" : "block") \(wire.edge.sides)")
            wire.isBlocked.toggle()
        case 1:
            say("cut \(wire.edge.sides)")
            try wire.cut(self)
        default:
            say("cut and mend \(wire.edge.sides)")
            try wire.cut(self)
            try wire.connect(replicas)
        }
    }
}
