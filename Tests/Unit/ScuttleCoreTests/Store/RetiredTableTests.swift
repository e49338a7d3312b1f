import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("RetiredTable")
struct RetiredTableTests {
    /// A table, and a list of its entries in the order in which they were retired.
    private struct World: ~Copyable {
        var table = RetiredTable(key: 7)
        var model: [RetiredTable.Entry] = []
        var floor: Version = 0
        var revision: UInt64 = 0
        var dropped: [SourceHash] = []

        mutating func insert(_ entry: RetiredTable.Entry) {
            revision += 1
            table.insert(entry, at: revision)
            model.append(entry)
        }

        mutating func remove(_ hash: SourceHash) {
            guard let position = table.find(hash) else { return }
            table.remove(at: position)
            model.removeAll { $0.hash == hash }
        }

        mutating func raiseFloor(to version: Version) {
            revision += 1
            var gone: [SourceHash] = []
            table.raiseFloor(to: version, at: revision) { gone.append($0.hash) }
            note(gone, raisedTo: version)
        }

        mutating func shrink(to most: Int) {
            revision += 1
            var gone: [SourceHash] = []
            table.shrink(to: most, at: revision) { gone.append($0.hash) }
            if !gone.isEmpty { note(gone, raisedTo: table.floor) }
        }

        private mutating func note(_ gone: [SourceHash], raisedTo version: Version) {
            guard version > floor else { return check(gone.isEmpty, "a floor that is not raised drops nothing") }
            floor = version
            let expected = model.filter { $0.version <= version }.map(\.hash)
            check(gone == expected, "dropped \(gone.count) at or below \(version), not \(expected.count)")
            model.removeAll { $0.version <= version }
        }

        func examine(_ seed: Int) {
            let (live, count) = (table.liveCount, table.count)
            check(live == model.count, "seed \(seed): \(live) live, not \(model.count)")
            check(table.floor == floor, "seed \(seed): the floor")
            var positions: [Int] = []
            for position in 0..<count where !table[position].isHole { positions.append(position) }
            check(positions.map { table[$0].hash } == model.map(\.hash), "seed \(seed): the order")
            for (position, entry) in zip(positions, model) {
                check(table.find(entry.hash) == position, "seed \(seed): one is not found")
                let found = table[position]
                check(found.packed == entry.packed, "seed \(seed): one has changed")
            }
            check(table.find(SourceHash(low: 0, high: .max)) == nil, "seed \(seed): an absent one is found")
            var again = RetiredTable(key: 8)
            for entry in model.reversed() { again.insert(entry, at: 1) }
            check(again.whole == table.whole, "seed \(seed): the sum depends on the order or on removed entries")
        }
    }

    private func entry(_ random: inout TestRandom, upTo highest: Int = 50) -> RetiredTable.Entry {
        RetiredTable.Entry(
            hash: SourceHash(low: random.next(), high: random.next() >> 1),
            version: random.oneIn(20) ? .highest : Version(random.within(1...highest)), isPurged: random.oneIn(3),
            isFinal: random.oneIn(3))
    }

    @Test("As a list in order of retirement, through holes, sweeps and drops", arguments: 0..<60)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World()
        for step in 0..<600 {
            switch random.below(12) {
            case 0..<7: world.insert(entry(&random, upTo: 50 + step))
            case 7..<10: if let one = world.model.randomElement(using: &random) { world.remove(one.hash) }
            case 10:
                let generation = world.table.generation
                let slots = world.table.count
                world.table.sweepIfNeeded(at: world.revision)
                check((world.table.count < slots) == (world.table.generation != generation), "a sweep tells")
            default:
                if random.oneIn(3) { world.raiseFloor(to: Version(random.within(1...40))) }
                if random.oneIn(10) { world.shrink(to: random.below(100)) }
            }
            let (live, count) = (world.table.liveCount, world.table.count)
            check(count >= live, "positions")
            if step % 50 == 0 { world.examine(seed) }
        }
        world.examine(seed)
        world.table.sweepIfNeeded(at: world.revision)
        let (live, count) = (world.table.liveCount, world.table.count)
        #expect(count - live <= live / 4 + 64)
    }

    @Test(
        "Over the limit the lowest versions are dropped, and a sixteenth more; all of one version together",
        arguments: 0..<40)
    func lowest(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var table = RetiredTable(key: 1)
        var versions: [Version] = []
        for _ in 0..<random.within(1...300) {
            let entry = entry(&random, upTo: random.pick([3, 100, 100_000]))
            table.insert(entry, at: 1)
            versions.append(entry.version)
        }
        let most = random.below(versions.count + 10)
        let generation = table.generation
        var dropped: [Version] = []
        table.shrink(to: most, at: 2) { dropped.append($0.version) }
        guard versions.count > most else {
            let isUnchanged = dropped.isEmpty && table.floor == 0 && table.generation == generation
            return #expect(isUnchanged)
        }
        let surplus = min(versions.count, versions.count - most + most / 16)
        let floor = versions.sorted()[surplus - 1]
        let (found, live, later) = (table.floor, table.liveCount, table.generation)
        #expect(found == floor, "seed \(seed)")
        #expect(dropped.sorted() == versions.filter { $0 <= floor }.sorted(), "seed \(seed)")
        #expect(live == versions.count - dropped.count)
        #expect(live <= most)
        #expect(later != generation, "positions have changed")
    }

    @Test("Entries that a revision of the vector lacks are behind the first position since it", arguments: 0..<40)
    func revisions(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var table = RetiredTable(key: 1)
        var since: [UInt64: UInt64] = [:]
        var revision: UInt64 = 0
        for _ in 0..<400 {
            revision += UInt64(random.below(3))
            let entry = entry(&random)
            table.insert(entry, at: revision)
            since[entry.low] = revision
            if random.oneIn(5), let position = table.find(entry.hash) { table.remove(at: position) }
            if random.oneIn(40) {
                let generation = table.generation
                table.raiseFloor(to: Version(random.within(1...3)), at: revision) { _ in }
                // A sweep moves all to the present revision, so a peer may receive some twice.
                if table.generation != generation { for hash in since.keys { since[hash] = revision } }
            }
            let asked = UInt64(random.below(Int(revision) + 2))
            let first = table.firstPosition(since: asked)
            for position in 0..<min(first, table.count) where !table[position].isHole {
                let arrived = since[table[position].low] ?? 0
                check(arrived <= asked, "seed \(seed): \(arrived) stands before \(asked)")
            }
        }
        let first = table.firstPosition(since: 0)
        #expect(first == 0)
    }
}
