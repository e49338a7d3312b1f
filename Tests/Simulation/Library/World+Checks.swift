@testable import ScuttleCore

extension World {
    /// Returns the write that is the entry of a key, a value or a delete; nil if there is none.
    func entry(of key: String, at replica: Replica) -> Int? {
        [UInt8](key.utf8).lend { bytes in
            guard let id = replica.keys.find(bytes), let record = replica.keys[id] else { return nil }
            return number(of: record, replica)
        }
    }

    /// Returns the index of a record's write, by its timestamp, which never changes.
    func number(of record: Record, _ replica: Replica) -> Int? {
        let timestamp = record.timestamp
        return numbers[
            WriteID(
                source: [UInt8](replica.sources[timestamp.source].id), version: timestamp.version,
                isExpiry: record.kind == .expiry)]
    }

    // MARK: At any time

    /// Checks that no invariant is broken, and, if tombstones are never purged, that no vector claims a write that is not
    /// accounted for.
    func examine() throws {
        try watchAll()
        for number in present {
            let replica = replicas[number]
            #if DEBUG
                if replica.configuration.disabledRules.isEmpty, let broken = replica.brokenInvariant() {
                    throw SimulationFailure(description: "replica \(number): \(broken)")
                }
            #endif
            try checkSmall(number)
            try examineClassic(number)
            let (retired, limit) = (replica.retired.liveCount, replica.configuration.maxRetired)
            guard retired <= limit else {
                throw SimulationFailure(
                    description: "replica \(number) keeps \(retired) retired sources; max_retired is \(limit)")
            }
            // A classic delta claims more than it has brought until it is complete: docs/reference/protocol.md.
            guard plan.purging == .never, plan.middle == nil, !replicas.contains(where: \.hasMetClassic) else {
                continue
            }
            // The dot of an expiry is its deleter's.
            for write in writes where !write.isExpiry && !isTainted(write.key) {
                guard let id = write.source.lend({ replica.sources.find($0) }),
                    write.version <= replica.sources[id].covered
                else { continue }
                guard let standing = entry(of: write.key, at: replica) else {
                    throw SimulationFailure(
                        description: "replica \(number) claims \(write), and has nothing of \(write.key)")
                }
                if standing != write.number, plan.rule.loses(writes[standing], to: write) {
                    throw SimulationFailure(
                        description: "replica \(number) claims \(write), and has \(writes[standing])")
                }
            }
        }
    }

    // MARK: At the end

    /// Returns the writes that stand in some replica, before the links are mended.
    func heldBefore() -> [Int] {
        var held: [Int] = []
        for replica in presentReplicas {
            replica.keys.forEach { _, record in
                if let number = number(of: record, replica) { held.append(number) }
                return true
            }
        }
        return held
    }

    /// Checks that all replicas are equal, and that the writes stand that must, as far as the plan of purging guarantees it.
    func agree(_ held: [Int]) throws {
        // Lost state is found by a comparison of contents, which exceptions that no replica can fill prevent.
        guard !hasLostState || presentReplicas.allSatisfy({ $0.mayStateContents }) else { return }
        let states = presentReplicas.map(live)
        for (number, state) in zip(present, states) where state != states[0] {
            throw SimulationFailure(description: "diverged: replica \(number) has \(state), not \(states[0])")
        }
        guard areInStep || !mustBeInStep else {
            throw SimulationFailure(
                description: "vectors differ: "
                    + presentReplicas.map { vectorText($0) + " floor \($0.retired.floor)" }.joined(separator: "; "))
        }
        try greatestValuesStand(held)
        switch plan.purging {
        case .never: try agreeWithOracle(mayLackWrites ? held : Array(writes.indices))
        case .settled: try noneIsBackOrLost(states[0], isStrict: isExact)
        case .stable, .forced: try noneIsBackOrLost(states[0], isStrict: false)
        }
    }

    func live(_ replica: Replica) -> [String] {
        var lines: [String] = []
        replica.keys.forEach { _, record in
            let key = [UInt8](record.key).text
            if !record.isDelete, refusals?.isActive != true || !isTainted(key) {
                let timestamp = record.timestamp
                let source = replica.sources[timestamp.source].id
                lines.append(
                    "\(key)=\([UInt8](record.value).text) by \([UInt8](source).text):\(timestamp.version)"
                )
            }
            return true
        }
        return lines.sorted()
    }

    private func agreeWithOracle(_ numbers: [Int]) throws {
        var winners: [String: Write] = [:]
        for number in numbers where !isTainted(writes[number].key) {
            let write = writes[number]
            if let standing = winners[write.key], !plan.rule.loses(standing, to: write) { continue }
            winners[write.key] = write
        }
        for (key, winner) in winners.sorted(by: { $0.key < $1.key }) {
            let standing = entry(of: key, at: firstPresent)
            // Writes that only a lost or ended replica had may have come through, or not.
            if mayLackWrites, let standing, plan.rule.loses(winner, to: writes[standing]) { continue }
            guard standing == winner.number else {
                throw SimulationFailure(
                    description: "\(key) has \(standing.map { "\(writes[$0])" } ?? "nothing"), not \(winner)")
            }
        }
    }

    /// Checks the guarantee of every world: if the greatest write of a key is a value, it stands. A write that was lost with
    /// its only holder does not count.
    private func greatestValuesStand(_ held: [Int]) throws {
        guard plan.rule == .lastWriter else { return }
        let held = Set(held)
        let greatest = greatestWrites { $0.isDelete || isCovered($0) || held.contains($0.number) }
        for write in greatest where !write.isDelete && !hasEndedForClassic(write) {
            if let standing = entry(of: write.key, at: firstPresent), !writes[standing].precedes(write) { continue }
            throw SimulationFailure(description: "\(write.key): \(write) is outranked by \(standing(write.key))")
        }
        guard isExact else { return }
        // A delete that was lost with its only holder does not count either. An expiry has the index of its write, not of its
        // own dot.
        let known = hasEnded ? greatestWrites { $0.isExpiry ? held.contains($0.number) : isCovered($0) } : greatest
        for write in known where write.isDelete {
            guard let standing = entry(of: write.key, at: firstPresent), !writes[standing].isDelete else { continue }
            throw SimulationFailure(description: "\(write.key) is back: \(writes[standing]) after \(write)")
        }
    }

    /// Returns the greatest write of each key, of those that count and those that stand, by key.
    private func greatestWrites(where counts: (Write) -> Bool) -> [Write] {
        var greatest: [String: Write] = [:]
        for write in writes where !isTainted(write.key) {
            guard counts(write) || entry(of: write.key, at: firstPresent) == write.number else { continue }
            if let other = greatest[write.key], !other.precedes(write) { continue }
            greatest[write.key] = write
        }
        return greatest.values.sorted { $0.key < $1.key }
    }

    /// Whether deletes are exact, too: all replicas have met before the first purge, each start is from the whole state, no
    /// replica with unsent writes is retired, no retired source is dropped, and no classic peer may have applied an expiry that
    /// was beaten. So a replica that knows the low-water mark of the new incarnation has the writes of the old one.
    private var isExact: Bool {
        plan.purging == .settled && !hasLostState && !hasTwins && !hasRetiredPresent
            && presentReplicas.allSatisfy { $0.retired.floor == 0 && (leases == nil || !$0.hasMetClassic) }
    }

    private var hasEnded: Bool { present.count < replicas.count }
    /// Whether writes may be gone with a replica that ended, or that lost its state.
    private var mayLackWrites: Bool { hasLostState || hasEnded }
    private var firstPresent: Replica { replicas[present[0]] }

    /// Returns whether a write was ended for classic peers. A replica that has met one writes an expiry if a reset removes an
    /// entry, which ends the write even if it was republished meanwhile: docs/explanation/guarantees.md.
    private func hasEndedForClassic(_ write: Write) -> Bool {
        leases == nil
            && presentReplicas.contains { replica in
                guard replica.hasMetClassic else { return false }
                return [UInt8](write.key.utf8).lend { key in
                    guard let id = replica.keys.find(key), let record = replica.keys[id], record.kind == .expiry else {
                        return false
                    }
                    let timestamp = record.timestamp
                    return timestamp.version == write.version
                        && [UInt8](replica.sources[timestamp.source].id) == write.source
                }
            }
    }

    private func standing(_ key: String) -> String {
        entry(of: key, at: firstPresent).map { "\(writes[$0])" } ?? "nothing"
    }

    private func isCovered(_ write: Write) -> Bool {
        write.source.lend { source in
            let id = firstPresent.sources.find(source)
            return write.version
                <= (id.map { firstPresent.sources[$0].covered } ?? firstPresent.retiredVersion(of: source))
        }
    }

    /// Checks that no value stands that a write had seen and replaced, and that a key is gone only by a delete that no write
    /// has replaced.
    private func noneIsBackOrLost(_ state: [String], isStrict: Bool) throws {
        guard plan.rule == .lastWriter, !mayLackWrites else { return }
        let replaced = Set(writes.compactMap(\.replaced))
        var standing: [String: Int] = [:]
        for write in writes where !isTainted(write.key) {
            if let number = entry(of: write.key, at: firstPresent), !writes[number].isDelete {
                standing[write.key] = number
            }
        }
        for (key, number) in standing where replaced.contains(number) {
            counts.resurrected += 1
            if isStrict { throw SimulationFailure(description: "\(key) is back: \(writes[number])") }
        }
        for key in Set(writes.map(\.key)) where standing[key] == nil && !isTainted(key) {
            let last = writes.filter { $0.key == key && !replaced.contains($0.number) }
            guard !last.contains(where: \.isDelete) else { continue }
            counts.lost += 1
            if isStrict { throw SimulationFailure(description: "\(key) is lost: \(last)") }
        }
    }
}
