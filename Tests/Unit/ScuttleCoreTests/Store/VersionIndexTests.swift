import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The index of two sources that overwrite each other's keys, compared with an array of live entries for each.
@Suite("VersionIndex")
struct VersionIndexTests {
    private struct World: ~Copyable {
        var table = KeyTable(hash: SipHash(key: (1, 2)))
        /// The owners of the indices.
        let sources = ["0", "1"].map { $0.lend { Source(id: $0) } }
        /// The live entries by version, for each source.
        var model: [[Version: KeyID]] = [[:], [:]]
        /// Keys with their entries' sources and versions.
        var entries: [[UInt8]: (id: KeyID, source: SourceID, version: Version)] = [:]
        var sweeps = 0

        deinit {
            for source in sources { source.deallocate() }
        }

        /// Writes as the replica does: the winner stands, the loser is removed, the index adds the winner.
        mutating func write(_ key: [UInt8], source: SourceID, version: Version) {
            let record = Record(PlainUpdate(key: key, value: [0x31], source: [0x41], version: version), from: source)
            let id: KeyID
            if let known = key.lend({ table.find($0) }), let old = table[known] {
                table.replace(known, old, with: record)
                retire(old)
                id = known
            } else {
                id = table.insert(record)
            }
            sources[Int(source)].entries.insert(version, id)
            model[Int(source)][version] = id
            entries[key] = (id, source, version)
        }

        mutating func remove(_ key: [UInt8]) {
            guard let entry = entries.removeValue(forKey: key), let record = table[entry.id] else { return }
            table.remove(entry.id, record)
            table.recycleVacated()
            retire(record)
        }

        private mutating func retire(_ old: Record) {
            let source = sources[Int(old.source)]
            model[Int(old.source)][old.version] = nil
            let (generation, count) = (source.entries.generation, source.entries.count)
            source.entries.retire(of: old.source, table)
            old.release()
            guard source.entries.count != count else { return }
            check(source.entries.generation != generation, "a sweep changes the generation")
            // The winner is in the table already, and may have a slot from an earlier time.
            check(source.entries.count <= source.entries.liveCount + 1, "a sweep leaves no hole")
            sweeps += 1
        }

        /// Returns the versions of live entries, as the index has them.
        func found(_ source: SourceID, above version: Version) -> [Version] {
            found(sources[Int(source)].entries, source, above: version)
        }

        private func found(
            _ index: borrowing VersionIndex, _ source: SourceID, above version: Version
        ) -> [Version] {
            var found: [Version] = []
            var next = index.nextLive(above: version, of: source, table)
            while let slot = next {
                found.append(slot.version)
                check(model[Int(source)][slot.version] == slot.key, "key of \(slot.version)")
                let searched = index.nextLive(above: slot.version, of: source, table)
                next = index.nextLive(above: slot.version, from: slot.next, of: source, table)
                check(next?.version == searched?.version, "behind \(slot.version): a search finds the same")
            }
            return found
        }

        func examine(_ source: SourceID, above version: Version) {
            examine(sources[Int(source)].entries, source, above: version)
        }

        private func examine(_ index: borrowing VersionIndex, _ source: SourceID, above version: Version) {
            let live = model[Int(source)]
            let (liveCount, slots) = (index.liveCount, index.count)
            check(liveCount == live.count, "\(liveCount) live, \(live.count) expected")
            check(slots <= 2 * live.count + 32, "\(slots) slots for \(live.count) live ones")
            let expected = live.keys.filter { $0 > version }.sorted()
            let found = found(index, source, above: version)
            check(found == expected, "source \(source) above \(version): \(found), not \(expected)")
            for high in [version, version + 9, .max] {
                var between: [Version] = []
                index.forEachLive(above: version, upTo: high, of: source, table) { between.append($1) }
                check(between == expected.filter { $0 <= high }, "source \(source) up to \(high): \(between)")
            }
            let key = index.key(with: version, of: source, table)
            check(key == live[version], "version \(version) has key \(String(describing: key))")
        }

        func examineAll(_ version: Version, _ random: inout TestRandom) {
            for source: SourceID in [0, 1] {
                for above in [0, version, Version(random.below(Int(version) + 1))] { examine(source, above: above) }
            }
        }
    }

    @Test("As an array of live entries, through holes and sweeps", arguments: 0..<10)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World()
        var version: Version = 0
        for _ in 0..<800 {
            version += Version(random.within(1...3))
            let key = random.bytes(random.within(1...2), of: [UInt8]("abcd"))
            world.write(key, source: random.oneIn(3) ? 1 : 0, version: version)
            if random.oneIn(20) { world.examineAll(version, &random) }
        }
        let (sweeps, inOrder) = (world.sweeps, world.sources.allSatisfy { $0.entries.arrivesInOrder })
        #expect(sweeps > 3, "the test must sweep")
        #expect(inOrder)
    }

    @Test("The same with versions out of order, and keys that are removed and added again", arguments: 0..<20)
    func outOfOrder(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World()
        var base: Version = 0
        for _ in 0..<800 {
            if random.oneIn(4) { base += Version(random.within(1...5)) }
            let version = base + Version(random.within(1...40))
            let source: SourceID = random.oneIn(3) ? 1 : 0
            let key = random.bytes(random.within(1...2), of: [UInt8]("abcd"))
            if random.oneIn(6) {
                world.remove(key)
            } else if world.model[Int(source)][version] == nil {
                world.write(key, source: source, version: version)
            }
            if random.oneIn(20) { world.examineAll(base + 40, &random) }
        }
        let (sweeps, inOrder) = (world.sweeps, world.sources.contains { $0.entries.arrivesInOrder })
        #expect(sweeps > 3, "the test must sweep")
        #expect(!inOrder)
    }

    @Test("Up to five versions in every order of arrival")
    func everyOrder() {
        for count in 1...5 {
            withEveryOrder(of: (1...count).map { Version(2 * $0) }) { versions in
                var world = World()
                for version in versions { world.write([UInt8(version)], source: 0, version: version) }
                for above in 0...Version(2 * count + 1) { world.examine(0, above: above) }
                let inOrder = world.sources[0].entries.arrivesInOrder
                check(inOrder == (versions == versions.sorted()), "the order of \(versions)")
            }
        }
    }

    @Test("Thousands of versions in falling and in random order, then holes, removals and sweeps", arguments: 0..<4)
    func many(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World()
        var versions = (1...3000).map { Version(3 * $0) }
        versions.reverse()
        for last in versions.indices.reversed() where seed > 0 { versions.swapAt(last, random.below(last + 1)) }
        func key(_ number: Int) -> [UInt8] { [UInt8(number & 255), UInt8(number >> 8)] }
        for (number, version) in versions.enumerated() { world.write(key(number), source: 0, version: version) }
        world.examineAll(9001, &random)
        // Each key that another source overwrites leaves a hole, also among those that arrived late.
        for number in 0..<2200 {
            if random.oneIn(3) {
                world.remove(key(number))
            } else {
                world.write(key(number), source: 1, version: Version(number + 1))
            }
            if random.oneIn(200) { world.examineAll(9001, &random) }
        }
        // Late ones again, among those that a sweep has sorted.
        for number in 2200..<2600 { world.write(key(number), source: 0, version: Version(3 * number + 1)) }
        world.examineAll(9001, &random)
        let sweeps = world.sweeps
        #expect(sweeps > 0, "the test must sweep")
    }

    @Test("An update that arrives again, after its successor was removed, uses its slot again")
    func again() {
        var world = World()
        world.write([0x6b], source: 0, version: 3)
        world.write([0x6b], source: 1, version: 5)
        world.remove([0x6b])
        world.write([0x6b], source: 0, version: 3)
        let (count, found) = (world.sources[0].entries.count, world.found(0, above: 0))
        #expect(count == 1)
        #expect(found == [3])
        world.examine(0, above: 3)
        world.examine(1, above: 0)
    }
}
