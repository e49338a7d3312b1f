@testable import Scuttle

extension World {
    /// The write whose value a key holds, or whose delete stands; nil where there is none.
    func entry(of key: String, at replica: Replica) -> Int? {
        [UInt8](key.utf8).lend { bytes in
            guard let id = replica.keys.find(bytes), let record = replica.keys[id] else { return nil }
            return number(of: record, replica)
        }
    }

    /// A write is known by its timestamp, which never changes.
    func number(of record: Record, _ replica: Replica) -> Int? {
        let timestamp = record.timestamp
        return numbers[
            WriteID(
                source: [UInt8](replica.sources[timestamp.source].id), version: timestamp.version,
                isExpiry: record.kind == .expiry)]
    }

    // MARK: At any time

    /// No broken invariant; and where no tombstone is ever forgotten, no vector that claims what is not accounted for.
    func examine() throws {
        for (number, replica) in replicas.enumerated() {
            #if DEBUG
                if replica.configuration.disabledRules.isEmpty, let broken = replica.brokenInvariant() {
                    throw SimulationFailure(description: "replica \(number): \(broken)")
                }
            #endif
            // A classic delta claims more than it has brought until it is whole: docs/protocol.md. Where a hello was lost, a
            // link is classic until the next one.
            guard plan.purging == .never, plan.middle == nil, !replicas.contains(where: \.hasMetClassic) else {
                continue
            }
            // The dot of an expiry is its deleter's.
            for write in writes where !write.isExpiry {
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

    /// The writes that stand somewhere, before the links are mended.
    func heldBefore() -> [Int] {
        var held: [Int] = []
        for replica in replicas {
            replica.keys.forEach { _, record in
                if let number = number(of: record, replica) { held.append(number) }
                return true
            }
        }
        return held
    }

    /// All hold the same; and, as far as the way of forgetting tombstones promises it, what must stand.
    func agree(_ held: [Int]) throws {
        let states = replicas.map(live)
        for (number, state) in states.enumerated() where state != states[0] {
            throw SimulationFailure(description: "diverged: replica \(number) has \(state), not \(states[0])")
        }
        try greatestValuesStand()
        switch plan.purging {
        case .never: try agreeWithOracle(hasLostState ? held : Array(writes.indices))
        case .settled: try noneIsBackOrLost(states[0], isStrict: isExact)
        case .stable, .forced: try noneIsBackOrLost(states[0], isStrict: false)
        }
    }

    func live(_ replica: Replica) -> [String] {
        var lines: [String] = []
        replica.keys.forEach { _, record in
            if !record.isDelete {
                let timestamp = record.timestamp
                let source = replica.sources[timestamp.source].id
                lines.append(
                    "\([UInt8](record.key).text)=\([UInt8](record.value).text) by \([UInt8](source).text):\(timestamp.version)"
                )
            }
            return true
        }
        return lines.sorted()
    }

    private func agreeWithOracle(_ numbers: [Int]) throws {
        var winners: [String: Write] = [:]
        for number in numbers {
            let write = writes[number]
            if let standing = winners[write.key], !plan.rule.loses(standing, to: write) { continue }
            winners[write.key] = write
        }
        for (key, winner) in winners.sorted(by: { $0.key < $1.key }) {
            let standing = entry(of: key, at: replicas[0])
            // What only a replica that lost its state had may have come through, or not.
            if hasLostState, let standing, plan.rule.loses(winner, to: writes[standing]) { continue }
            guard standing == winner.number else {
                throw SimulationFailure(
                    description: "\(key) has \(standing.map { "\(writes[$0])" } ?? "nothing"), not \(winner)")
            }
        }
    }

    /// The outcome that holds in every world: where the greatest write of a key is a value, it stands. A write that died with
    /// its author, since nobody else had it, does not count.
    private func greatestValuesStand() throws {
        guard plan.rule == .lastWriter else { return }
        var greatest: [String: Write] = [:]
        for write in writes {
            if !write.isDelete, !isCovered(write), entry(of: write.key, at: replicas[0]) != write.number { continue }
            if let other = greatest[write.key], !other.precedes(write) { continue }
            greatest[write.key] = write
        }
        for (key, write) in greatest.sorted(by: { $0.key < $1.key }) where !write.isDelete {
            if let standing = entry(of: key, at: replicas[0]), !writes[standing].precedes(write) { continue }
            throw SimulationFailure(description: "\(key): \(write) is outranked by \(standing(key))")
        }
        guard isExact else { return }
        for (key, write) in greatest.sorted(by: { $0.key < $1.key }) where write.isDelete {
            guard let standing = entry(of: key, at: replicas[0]), !writes[standing].isDelete else { continue }
            throw SimulationFailure(description: "\(key) is back: \(writes[standing]) after \(write)")
        }
    }

    /// Deletes are exact, too: all have met before the first purge, and each start is from all that the replica was. So who knows
    /// the promise of the new incarnation has what the old one wrote.
    private var isExact: Bool { plan.purging == .settled && !hasLostState && !hasTwins }

    private func standing(_ key: String) -> String {
        entry(of: key, at: replicas[0]).map { "\(writes[$0])" } ?? "nothing"
    }

    private func isCovered(_ write: Write) -> Bool {
        write.source.lend { source in
            let id = replicas[0].sources.find(source)
            return write.version
                <= (id.map { replicas[0].sources[$0].covered } ?? replicas[0].retiredVersion(of: source))
        }
    }

    /// No value stands that somebody had seen and replaced; no key is gone but by a delete that nobody has replaced.
    private func noneIsBackOrLost(_ state: [String], isStrict: Bool) throws {
        guard plan.rule == .lastWriter, !hasLostState else { return }
        let replaced = Set(writes.compactMap(\.replaced))
        var standing: [String: Int] = [:]
        for write in writes {
            if let number = entry(of: write.key, at: replicas[0]), !writes[number].isDelete {
                standing[write.key] = number
            }
        }
        for (key, number) in standing where replaced.contains(number) {
            counts.resurrected += 1
            if isStrict { throw SimulationFailure(description: "\(key) is back: \(writes[number])") }
        }
        for key in Set(writes.map(\.key)) where standing[key] == nil {
            let last = writes.filter { $0.key == key && !replaced.contains($0.number) }
            guard !last.contains(where: \.isDelete) else { continue }
            counts.lost += 1
            if isStrict { throw SimulationFailure(description: "\(key) is lost: \(last)") }
        }
    }
}
