@testable import ScuttleCore

/// Hosts that make several writes as one step, and writes with a condition.
extension World {
    /// Lets a host write a batch, or with a condition, about as often as hosts write.
    func batchSometimes() throws {
        guard var random = batches?.random else { return }
        defer { batches?.random = random }
        guard random.percent(plan.writes) else { return }
        let number = random.pick(present)
        let kind = random.below(3)
        guard kind < 2, !isAsleep(number) else { return }
        if kind == 0 { try writeIf(number, &random) } else { try writeBatch(number, &random) }
    }

    private func writeBatch(_ number: Int, _ random: inout Random) throws {
        let count = random.oneIn(40) ? random.within(20...300) : random.within(1...6)
        var batch = PendingBatch(invalid: random.oneIn(5) ? random.below(count) : nil)
        for _ in 0..<count {
            let key = random.below(plan.keys)
            add(plan.classic?.keys[key] ?? "k\(key)", of: number, to: &batch, &random)
        }
        try make(batch, number, failsStore: random.oneIn(5))
    }

    /// Writes if the entry of a key is an expected write, which it is in half of the calls.
    private func writeIf(_ number: Int, _ random: inout Random) throws {
        let (replica, index) = (replicas[number], random.below(plan.keys))
        let key = plan.classic?.keys[index] ?? "k\(index)"
        let entry = try [UInt8](key.utf8).lend { (key) throws(Failure) in
            try replica.get(key).map { (version: $0.version, source: [UInt8]($0.source)) }
        }
        var expected = entry ?? (0, [])
        switch random.below(6) {
        case 0: expected.version += 1
        case 1: expected.version = entry == nil ? replica.version + 1 : 0
        case 2: expected = (max(expected.version, 1), expected.source + [0x78])
        default: break
        }
        let isEntry = expected.version == entry?.version ?? 0 && expected.source == entry?.source ?? []
        let found = try [UInt8](key.utf8).lend { (key) throws(Failure) in
            try replica.isEntry(key, version: expected.version) { [UInt8]($0) == expected.source }
        }
        guard found == isEntry else {
            throw SimulationFailure(
                description:
                    "\(expected) is \(found ? "" : "not ")expected of \(key), which has \(String(describing: entry))"
            )
        }
        guard isEntry else { return counts.conflicts += 1 }
        var batch = PendingBatch(invalid: nil)
        add(key, of: number, to: &batch, &random)
        try make(batch, number, failsStore: random.oneIn(5))
    }

    /// Chooses another write of a batch.
    private func add(_ key: String, of number: Int, to batch: inout PendingBatch, _ random: inout Random) {
        let replica = replicas[number]
        let count = writes.count + batch.writes.count
        let record = [UInt8](key.utf8).lend { replica.entry(of: $0) }
        var isDelete = random.percent(plan.deletes) || isOverLimit(count, of: number)
        var error: Failure.Code? = batch.writes.count == batch.invalid ? .key : nil
        if error == nil, left.contains(number) { error = .unsupported }
        if !isDelete, record?.isDelete ?? true {
            // A batch needs room for all its keys beside those that the replica holds before.
            let isFull = refusals?.small[number].map { replica.count + batch.newKeys >= $0 } ?? false
            if isFull, random.oneIn(2) { isDelete = true } else { batch.newKeys += 1 }
            if isFull, !isDelete, error == nil { error = .keys }
        }
        if batch.error == nil { batch.error = error }
        let standing = batch.standing(key)
        let replaced = standing ?? entry(of: key, at: replica)
        let write = newWrite(
            count, key, isDelete: isDelete, at: replica, version: replica.version + 1 + UInt64(batch.writes.count),
            replaced: replaced, &random)
        var isWinner: Bool? = true
        if plan.rule != .lastWriter, standing != nil || record != nil {
            // The oracle does not know a write that a man in the middle has altered, or that a host has kept from a reset.
            isWinner = replaced.flatMap { replaced in
                plan.middle != nil
                    ? nil
                    : plan.rule.loses(
                        replaced < writes.count ? writes[replaced] : batch.writes[replaced - writes.count].write,
                        to: write)
            }
        }
        // A time to live of 0 is none in a batch.
        batch.add(write, isDelete ? 0 : timeToLive(of: key) ?? 0, isWinner)
    }

    // MARK: Making it

    /// Writes a batch, and checks that all of it is written, in order and as one step, or nothing.
    private func make(_ batch: PendingBatch, _ number: Int, failsStore: Bool) throws {
        var batch = batch
        let (replica, store) = (replicas[number], stores[number])
        // With another rule the rows of several writes follow at the end of the host's call.
        let isStoredFirst = store != nil && (plan.rule == .lastWriter || batch.writes.count == 1)
        if failsStore, isStoredFirst, batch.error == nil { batch.error = .store }
        store?.fails = batch.error == .store
        defer { store?.fails = false }
        let before = batch.error == nil && plan.middle == nil ? "" : stateText(replica)
        let (commits, start) = (store?.commits, replica.cursor(at: replica.arrivals.end))
        batches?.seen = []
        defer { batches?.seen = nil }
        do throws(Failure) {
            try write(batch, replica)
        } catch {
            let after = stateText(replica)
            guard batches?.seen == [], before == after || before == "", store?.commits == commits else {
                throw SimulationFailure(
                    description: "a batch of \(number) has failed, \(error.detail), and changed \(before) to \(after)")
            }
            // A forged version may have exhausted those of a replica.
            guard error.code == batch.error else { throw error }
            counts.batchesUndone += 1
            return say("\(number) fails to write \(batch.writes.count) at once: \(error.detail)")
        }
        guard batch.error == nil else {
            throw SimulationFailure(description: "a batch of \(number) has no error; expected is \(batch.error!)")
        }
        counts.batches += 1
        say("\(number) writes \(batch.writes.count) at once")
        for (write, timeToLive) in batch.writes { note(write, timeToLive == 0 ? nil : timeToLive, of: number) }
        guard let winners = batch.winners else { return }
        try checkSeen(winners, number)
        try checkWatched(winners, of: batch, start, replica)
        if isStoredFirst, let store { try checkStored(winners, store, commits, number) }
    }

    private func write(_ pending: PendingBatch, _ replica: Replica) throws(Failure) {
        var batch = Batch()
        for (index, item) in pending.writes.enumerated() {
            let key = index == pending.invalid ? [] : [UInt8](item.write.key.utf8)
            try key.lend { (key) throws(Failure) in
                guard !item.write.isDelete else { return try replica.add(key, nil, for: 0, to: &batch) }
                try [UInt8](item.write.value.utf8).lend { (value) throws(Failure) in
                    try replica.add(key, value, for: item.timeToLive, to: &batch)
                }
            }
        }
        try replica.write(batch)
    }

    /// The entries with their dots, the vector, and the counters of a replica. An export would republish inverted entries.
    private func stateText(_ replica: Replica) -> String {
        (entryLines(replica) + [vectorText(replica)]).joined(separator: "\n")
            + " version \(replica.version) revision \(replica.revision) changes \(replica.entryChanges)"
            + " arrivals \(replica.arrivals.end) history \(replica.history.count)"
    }

    // MARK: Checks

    /// Checks that `onUpdate` has had each write that became an entry, in order, with those before it and without those behind.
    private func checkSeen(_ winners: [Write], _ number: Int) throws {
        let expected = winners.map {
            SeenUpdate(key: $0.key, value: $0.isDelete ? "null" : $0.value, version: $0.version)
        }
        guard batches?.seen == expected else {
            throw SimulationFailure(
                description: "onUpdate of \(number) has had \(batches?.seen ?? []), not \(expected)")
        }
    }

    /// Checks that a watcher from before the batch sees each of its keys once, as it is now, in the order of arrival.
    private func checkWatched(
        _ winners: [Write], of batch: PendingBatch, _ start: Cursor, _ replica: Replica
    ) throws {
        var last: [String: Version] = [:]
        for write in winners { last[write.key] = write.version }
        // A watcher from the very beginning holds nothing, so it does not learn of deletes that are purged by now.
        let expected = winners.filter { write in
            last[write.key] == write.version
                && (start.position > 0 || [UInt8](write.key.utf8).lend { replica.entry(of: $0) } != nil)
        }.map { "\($0.key) \($0.isDelete)" }
        // A purge of surplus tombstones may republish the entries of other keys.
        let keys = Set(batch.writes.map(\.write.key))
        var (cursor, seen) = (start, [String]())
        let isFollowed = replica.visitChanges(Bytes(start: nil, count: 0), from: &cursor) { update in
            let key = [UInt8](update.key).text
            if keys.contains(key) { seen.append("\(key) \(update.isDelete)") }
            return true
        }
        guard isFollowed, seen == expected else {
            throw SimulationFailure(description: "a watcher sees \(seen) of a batch, not \(expected)")
        }
    }

    /// Checks that one transaction has put the rows of all entries.
    private func checkStored(_ winners: [Write], _ store: RowStore, _ commits: Int?, _ number: Int) throws {
        guard store.commits == commits.map({ $0 + 1 }) else {
            throw SimulationFailure(
                description: "a batch of \(number) has made \(store.commits) - \(commits ?? 0) commits")
        }
        var last: [String: Write] = [:]
        for write in winners { last[write.key] = write }
        for write in last.values {
            let line = store.line(ofEntry: write.key)?.text ?? "none"
            guard line.contains("\"version\":\(write.version),") || line.contains("\"version\":\(write.version)}")
            else {
                throw SimulationFailure(description: "the row of \(write) in a batch of \(number) is \(line)")
            }
        }
    }
}
