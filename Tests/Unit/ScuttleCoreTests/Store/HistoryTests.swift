import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("History")
struct HistoryTests {
    /// The sources of the history.
    private final class Sources {
        var table: SourceTable

        init(_ count: Int) {
            table = SourceTable(own: Bytes("0"))
            for number in 1..<count { _ = "\(number)".lend { table.insert($0) } }
        }
    }

    private struct Remembered {
        let source: Int
        let version: Version
        let since: Version
        let record: Record
    }

    @Test(
        "As an array of the last updates, for every small capacity and a large one",
        arguments: [0, 1, 2, 3, 4, 5, 8, 1000])
    func model(capacity: Int) {
        var random = TestRandom(seed: UInt64(capacity))
        var history = History(capacity: capacity)
        let kept = max(capacity, 1)
        let sources = Sources(3)
        var (versions, floors): ([Version], [Version]) = ([0, 0, 0], [0, 0, 0])
        var model: [Remembered] = []
        var all: [Record] = []
        for step in 1...120 {
            let source = random.oneIn(4) ? 2 : random.below(2)
            if random.oneIn(8) {
                // Some were covered in another way, and are not in the history.
                versions[source] += Version(random.below(3))
                floors[source] = versions[source]
                sources.table[SourceID(source)].raiseFloor(to: versions[source])
            }
            let since = versions[source]
            versions[source] += Version(random.within(1...3))
            let record = Record(PlainUpdate("k", "1", "A", versions[source]), from: SourceID(source))
            all.append(record)
            check(history.doomedCount == (model.count == kept ? 1 : 0), "doomed at \(model.count)")
            history.append(record, of: sources.table[SourceID(source)], in: sources.table)
            model.append(Remembered(source: source, version: versions[source], since: since, record: record))
            if model.count > kept {
                let dropped = model.removeFirst()
                floors[dropped.source] = max(floors[dropped.source], dropped.version)
            }
            check(history.end == UInt64(step + 1), "the next number is \(history.end)")
            examineNumbers(history, model)
            for number in 0..<3 {
                let source = sources.table[SourceID(number)]
                check(source.floor == floors[number], "floor \(source.floor), not \(floors[number])")
                check(source.reach == versions[number], "reach \(source.reach), not \(versions[number])")
                for above in [0, 1, versions[number] / 2, versions[number], versions[number] + 1] {
                    examine(history, source, model.filter { $0.source == number }, above: above)
                }
            }
        }
        let held = Set(model.map(\.record.address))
        for record in all {
            check(record.owners == (held.contains(record.address) ? 2 : 1), "\(record.owners) owners")
            record.release()
        }
    }

    /// Each number from the first one kept on is that of an update, and no other number is.
    private func examineNumbers(_ history: borrowing History, _ model: [Remembered]) {
        let start = history.end - UInt64(model.count)
        for (offset, expected) in model.enumerated() {
            let slot = history[start + UInt64(offset)]
            check(slot?.record.address == expected.record.address, "number \(start + UInt64(offset))")
            check(slot?.since == expected.since, "since of number \(start + UInt64(offset))")
        }
        for number in [0, start - 1, history.end, history.end + 1] {
            check(history[number] == nil, "number \(number) is not in \(start)..<\(history.end)")
        }
    }

    private func examine(
        _ history: borrowing History, _ source: Source, _ model: [Remembered], above: Version
    ) {
        let expected = model.filter { $0.version > above }.map(\.record.address)
        let found = history.updates(of: source, above: above).map(\.address)
        check(found == expected, "source \(source.id.text) above \(above): \(found.count), not \(expected.count)")
        let first = history.first(of: source, above: above).flatMap { history[$0] }
        check(first?.record.address == expected.first, "the first of source \(source.id.text) above \(above)")
    }

    @Test("No live update above a floor is missing, whatever the history has dropped", arguments: 0..<20)
    func floors(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try Replica.make { $0.maxHistory = random.within(1...9) }
        for number in 0..<200 {
            let key = "k\(random.below(20))"
            if random.oneIn(2) {
                try replica.set(key, "\(number)")
            } else {
                let source = random.pick(["a", "b"])
                let version = (replica.vector[source] ?? 0) + Version(random.within(1...3))
                try replica.receive(PlainUpdate(key, "1", source, version))
            }
            check(replica.broken == nil, "seed \(seed): \(String(describing: replica.broken))")
            for name in ["local", "a", "b"] {
                guard let id = name.lend({ replica.sources.find($0) }) else { continue }
                let found = replica.updates(name, above: replica.sources[id].floor)
                let live = replica.allEntries.filter {
                    $0.source == [UInt8](name) && $0.version > replica.sources[id].floor
                }
                check(live.allSatisfy { found.contains($0) }, "seed \(seed): \(name) misses some of \(live)")
            }
        }
    }

    @Test("A source that was never seen has no updates")
    func unknown() throws {
        let replica = try Replica.make()
        try replica.set("k", "1")
        #expect(replica.updates("who?", above: 0).isEmpty)
    }

    @Test("Updates are sorted by the host's order, if there is one")
    func sorted() throws {
        let replica = try Replica.make { $0.sort = { $1.key.precedes($0.key) } }
        for key in ["b", "c", "a"] { try replica.set(key, "1") }
        #expect(replica.updates("local", above: 0).map(\.key.text) == ["c", "b", "a"])
        #expect(replica.updates("local", above: 1).map(\.key.text) == ["c", "a"])
    }

    @Test("A beaten write is in the history anyway")
    func beaten() throws {
        let replica = try Replica.make { $0.resolver = .host { update, current in current == nil && !update.isDelete } }
        try replica.set("k", "1")
        try replica.set("k", "2")
        #expect(try replica.value("k") == "1")
        #expect(replica.updates("local", above: 0).map(\.value.text) == ["1", "2"])
    }

    @Test("Compaction calls the host for each dropped update, oldest first, while it is still there")
    func compaction() throws {
        let dropped = Collected<String>()
        let replica = try Replica.make {
            $0.maxHistory = 2
            $0.onCompaction = { dropped.all += $0.map { "\($0.key.text)=\($0.value.text)" } }
        }
        for number in 1...5 { try replica.set("k\(number % 2)", "\(number)") }
        #expect(dropped.all == ["k1=1", "k0=2", "k1=3"])
        #expect(replica.updates("local", above: 0).map(\.version) == [4, 5])
    }

    @Test("The dropped updates and the present ones are all updates, in order", arguments: [1, 2, 5, 12])
    func nothingMissing(capacity: Int) throws {
        var random = TestRandom(seed: UInt64(capacity))
        let (dropped, all) = (Collected<PlainUpdate>(), Collected<PlainUpdate>())
        let replica = try Replica.make {
            $0.maxHistory = capacity
            $0.onCompaction = { dropped.all += $0.map { PlainUpdate($0) } }
        }
        for number in 1...80 {
            let source = random.pick(["local", "a", "b"])
            let update = PlainUpdate("k\(random.below(9))", "\(number)", source, replica.version + 1)
            if source == "local" { try replica.set(update.key.text, "\(number)") } else { try replica.receive(update) }
            all.all.append(update)
        }
        let kept = ["local", "a", "b"].flatMap { replica.updates($0, above: 0) }.sorted { $0.version < $1.version }
        #expect(kept.count == capacity)
        #expect(dropped.all + kept == all.all)
    }
}
