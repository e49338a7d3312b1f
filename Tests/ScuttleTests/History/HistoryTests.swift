import Testing

@testable import Scuttle

@Suite("History")
struct HistoryTests {
    @Test(
        "As an array of the last updates, for every small capacity and a large one",
        arguments: [0, 1, 2, 3, 4, 5, 8, 1000])
    func model(capacity: Int) {
        var random = TestRandom(seed: UInt64(capacity))
        var history = History(capacity: capacity)
        let kept = max(capacity, 1)
        let sources = (0..<3).map { number in "\(number)".lend { Source(id: $0) } }
        var versions: [Version] = [0, 0, 0]
        var model: [(source: Int, version: Version, record: Record)] = []
        var all: [Record] = []
        for _ in 0..<120 {
            let source = random.oneIn(4) ? 2 : random.below(2)
            versions[source] += Version(random.within(1...3))
            let record = Record(PlainUpdate("k", "1", "A", versions[source]), from: SourceID(source))
            all.append(record)
            let doomed = history.doomed
            check(doomed?.address == (model.count == kept ? model[0].record.address : nil), "doomed at \(model.count)")
            history.remember(record, of: sources[source])
            model.append((source, versions[source], record))
            if model.count > kept { model.removeFirst() }
            for (number, source) in sources.enumerated() {
                for above in [0, 1, versions[number] / 2, versions[number], versions[number] + 1] {
                    let news = history.news(of: source, above: above).map(\.address)
                    let expected = model.filter { $0.source == number && $0.version > above }.map(\.record.address)
                    check(news == expected, "source \(number) above \(above): \(news.count), not \(expected.count)")
                }
            }
        }
        let held = Set(model.map(\.record.address))
        for record in all {
            check(record.owners == (held.contains(record.address) ? 2 : 1), "\(record.owners) owners")
            record.release()
        }
    }

    @Test("A source that has never been heard of has no news")
    func unknown() throws {
        let replica = try Replica.make()
        try replica.set("k", "1")
        #expect(replica.news("who?", above: 0).isEmpty)
    }

    @Test("News is sorted by the host's order, where it has one")
    func sorted() throws {
        let replica = try Replica.make { $0.sort = { $1.key.precedes($0.key) } }
        for key in ["b", "c", "a"] { try replica.set(key, "1") }
        #expect(replica.news("local", above: 0).map(\.key.text) == ["c", "b", "a"])
        #expect(replica.news("local", above: 1).map(\.key.text) == ["c", "a"])
    }

    @Test("A write that is beaten is news all the same")
    func beaten() throws {
        let replica = try Replica.make { $0.resolver = .host { update, current in current == nil && !update.isDelete } }
        try replica.set("k", "1")
        try replica.set("k", "2")
        #expect(try replica.value("k") == "1")
        #expect(replica.news("local", above: 0).map(\.value.text) == ["1", "2"])
    }

    @Test("Compaction tells of each update that is forgotten, oldest first, while it is still there")
    func compaction() throws {
        let forgotten = Collected<String>()
        let replica = try Replica.make {
            $0.maxHistory = 2
            $0.onCompaction = { forgotten.all.append("\($0.key.text)=\($0.value.text)") }
        }
        for number in 1...5 { try replica.set("k\(number % 2)", "\(number)") }
        #expect(forgotten.all == ["k1=1", "k0=2", "k1=3"])
        #expect(replica.news("local", above: 0).map(\.version) == [4, 5])
    }

    @Test("What was forgotten and what is still there is all that ever came, in order", arguments: [1, 2, 5, 12])
    func nothingMissing(capacity: Int) throws {
        var random = TestRandom(seed: UInt64(capacity))
        let (forgotten, all) = (Collected<PlainUpdate>(), Collected<PlainUpdate>())
        let replica = try Replica.make {
            $0.maxHistory = capacity
            $0.onCompaction = { forgotten.all.append(PlainUpdate($0)) }
        }
        for number in 1...80 {
            let source = random.pick(["local", "a", "b"])
            let update = PlainUpdate("k\(random.below(9))", "\(number)", source, replica.version + 1)
            if source == "local" { try replica.set(update.key.text, "\(number)") } else { try replica.receive(update) }
            all.all.append(update)
        }
        let kept = ["local", "a", "b"].flatMap { replica.news($0, above: 0) }.sorted { $0.version < $1.version }
        #expect(kept.count == capacity)
        #expect(forgotten.all + kept == all.all)
    }
}
