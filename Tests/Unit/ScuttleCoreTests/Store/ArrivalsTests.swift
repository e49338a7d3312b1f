import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Arrivals")
struct ArrivalsTests {
    /// A table and its arrivals, compared with the live entries in order of arrival.
    private struct World: ~Copyable {
        var table = KeyTable(hash: SipHash(key: (1, 2)))
        var arrivals = Arrivals()
        var model: [(sequence: Arrivals.Sequence, key: [UInt8])] = []
        var version: Version = 0
        var sweeps = 0

        /// Writes as the replica does: the winner stands, the loser is removed, the winner arrives.
        mutating func write(_ key: [UInt8]) {
            version += 1
            let record = Record(PlainUpdate(key: key, value: [0x31], source: [0x41], version: version), from: 0)
            let id: KeyID
            if let known = key.lend({ table.find($0) }), let old = table[known] {
                table.replace(known, old, with: record)
                retire(old, key)
                id = known
            } else {
                id = table.insert(record)
            }
            arrivals.append(record, id)
            check(record.arrival == arrivals.last, "the record has its sequence")
            model.append((arrivals.last, key))
        }

        mutating func remove(_ key: [UInt8]) {
            guard let id = key.lend({ table.find($0) }), let record = table[id] else { return }
            table.remove(id, record)
            retire(record, key)
            table.recycleVacated()
        }

        private mutating func retire(_ record: Record, _ key: [UInt8]) {
            model.removeAll { $0.key == key }
            let slots = arrivals.count(after: 0)
            arrivals.retire(table)
            if arrivals.count(after: 0) < slots { sweeps += 1 }
            record.release()
        }

        /// Visits up to `most` entries behind a sequence.
        func walk(after sequence: Arrivals.Sequence, most: Int = .max) -> [Arrivals.Sequence] {
            var seen: [Arrivals.Sequence] = []
            guard most > 0 else { return [] }
            arrivals.forEach(after: sequence, in: table) { record in
                seen.append(record.arrival)
                return seen.count < most
            }
            return seen
        }

        func examine(_ sequence: Arrivals.Sequence) {
            let expected = model.map(\.sequence).filter { $0 > sequence }
            let seen = walk(after: sequence)
            check(seen == expected, "behind \(sequence): \(seen), not \(expected)")
            let count = arrivals.count(after: sequence)
            check(count >= expected.count, "\(count) slots behind \(sequence) for \(expected.count)")
        }
    }

    @Test("As a list of live entries in order of arrival, through holes and sweeps", arguments: 0..<12)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World()
        for step in 0..<1500 {
            let key = random.bytes(random.within(1...2), of: [UInt8]("abcdefgh"))
            if random.oneIn(4) { world.remove(key) } else { world.write(key) }
            if random.oneIn(60) {
                let sequence = world.arrivals.skipSequence()
                let (last, end) = (world.arrivals.last, world.arrivals.end)
                check(sequence == end && last < end, "a sequence that is skipped is an entry's")
            }
            let (live, slots) = (world.arrivals.liveCount, world.arrivals.count(after: 0))
            check(live == world.model.count, "\(live) live at step \(step)")
            check(slots <= 2 * live + 66, "\(slots) slots for \(live) live ones")
            guard random.oneIn(20) else { continue }
            for sequence in [0, world.arrivals.last, Arrivals.Sequence(random.below(Int(world.arrivals.last) + 1))] {
                world.examine(sequence)
            }
        }
        let sweeps = world.sweeps
        #expect(sweeps > 3, "the test must sweep")
    }

    @Test(
        "A walk in parts, while entries are added, removed and swept, meets all that stay, once, in order",
        arguments: 0..<40)
    func walks(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World()
        for _ in 0..<random.within(0...300) { world.write(random.bytes(2, of: [UInt8]("abcdefghij"))) }
        var cursor = Arrivals.Sequence(random.below(Int(world.arrivals.last) + 1))
        let start = cursor
        var seen: Set<Arrivals.Sequence> = []
        var rounds = 0
        while true {
            let part = world.walk(after: cursor, most: random.within(1...30))
            check(part == part.sorted() && part.allSatisfy { $0 > cursor }, "a walk goes on: \(part) behind \(cursor)")
            seen.formUnion(part)
            cursor = part.last ?? cursor
            rounds += 1
            if part.isEmpty, rounds > 40 { break }
            for _ in 0..<random.below(rounds > 40 ? 2 : 40) {
                let key = random.bytes(2, of: [UInt8]("abcdefghij"))
                if random.oneIn(3) { world.remove(key) } else { world.write(key) }
            }
        }
        // The next part would meet the entries behind the last one.
        let missed = world.model.filter { $0.sequence > start && $0.sequence <= cursor && !seen.contains($0.sequence) }
        check(missed.isEmpty, "seed \(seed): missed \(missed)")
    }
}
