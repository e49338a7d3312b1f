import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("MergedDelta")
struct MergedDeltaTests {
    /// The order of updates that the host defines, if any.
    enum Sort: CaseIterable {
        case none, byKey, newestFirst, oldestFirst

        func precedes(_ a: PlainUpdate, _ b: PlainUpdate) -> Bool {
            switch self {
            case .none, .oldestFirst: a.isOlder(than: b)
            case .byKey: a.key.lexicographicallyPrecedes(b.key)
            case .newestFirst: b.isOlder(than: a)
            }
        }

        func adjust(_ configuration: inout Configuration) {
            switch self {
            case .none: break
            case .byKey: configuration.sort = { $0.key.precedes($1.key) }
            case .newestFirst: configuration.sort = { $1.precedes($0) }
            case .oldestFirst: configuration.sort = { $0.precedes($1) }
            }
        }
    }

    /// Returns a replica with some hundred updates of many sources, a third of them superseded.
    private func crowd(_ random: inout TestRandom, sources: Int, updates: Int, _ sort: Sort) throws -> Replica {
        let replica = try Replica.make { sort.adjust(&$0) }
        try write(updates, sources: sources, to: replica, &random)
        return replica
    }

    /// Writes random updates of random sources, as peers would send them.
    private func write(_ updates: Int, sources: Int, to replica: Replica, _ random: inout TestRandom) throws {
        for _ in 0..<updates {
            let key = "k\(random.below(updates))"
            if random.oneIn(8) {
                try replica.set(key, "0")
                continue
            }
            let source = "s\(random.below(sources))"
            let version = (replica.vector[source] ?? replica.version / 2) + Version(random.within(1...3))
            try replica.receive(PlainUpdate(key, "\(version)", source, version))
        }
    }

    private func drain(_ answer: inout MergedDelta, _ replica: Replica, most: Int = .max) -> [PlainUpdate] {
        var drained: [PlainUpdate] = []
        while drained.count < most, let record = answer.next(in: replica) {
            drained.append(PlainUpdate(replica.update(of: record)))
        }
        return drained
    }

    /// Merges naively: the live entries of each requested source in order of version; at each step the head that sorts first.
    private func expected(_ requested: [SourceID: Version], _ replica: Replica, _ sort: Sort) -> [PlainUpdate] {
        var queues = requested.map { source, version in
            let name = [UInt8](replica.sources[source].id)
            return replica.allEntries.filter { $0.source == name && $0.version > version }
                .sorted { $0.version < $1.version }
        }
        var merged: [PlainUpdate] = []
        while true {
            queues.removeAll { $0.isEmpty }
            guard !queues.isEmpty else { return merged }
            var first = 0
            for index in queues.indices where sort.precedes(queues[index][0], queues[first][0]) { first = index }
            merged.append(queues[first].removeFirst())
        }
    }

    @Test("The merge of the requested sources, as a naive merge", arguments: Sort.allCases, 0..<12)
    func merge(sort: Sort, seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try crowd(&random, sources: random.within(1...12), updates: 120, sort)
        let limit = random.pick([1, 3, 1000])
        var answer = MergedDelta()
        var requested: [SourceID: Version] = [:]
        for _ in 0..<random.within(1...20) {
            // Some are requested twice: the last request counts.
            let source = SourceID(random.below(replica.sources.count))
            let version = Version(random.below(Int(replica.sources[source].covered) + 3))
            requested[source] = version
            answer.add(source, above: version, countingTo: limit, in: replica)
        }
        let expected = expected(requested, replica, sort)
        let counts = Dictionary(grouping: expected, by: \.source).values.map { min($0.count, limit) }
        #expect(answer.count == counts.reduce(0, +))
        let mine = drain(&answer, replica)
        #expect(mine == expected)
        #expect(answer.count == 0)
        #expect(answer.next(in: replica) == nil)
    }

    @Test(
        "Read in part while updates arrive: prefixes of each source, no dead entry, no missing one, in order",
        arguments: 0..<40)
    func halfTaken(seed: Int) throws {
        try takeInParts(seed, .none)
    }

    @Test("The same with an order of the host's", arguments: [Sort.newestFirst, .oldestFirst], 0..<40)
    func halfTakenSorted(sort: Sort, seed: Int) throws {
        try takeInParts(seed, sort)
    }

    @Test("A host's order holds, although the next update was superseded")
    func sortedThoughSuperseded() throws {
        let replica = try Replica.make { Sort.newestFirst.adjust(&$0) }
        try replica.receive(PlainUpdate("k", "1", "a", 1))
        try replica.receive(PlainUpdate("newest", "1", "a", 9))
        try replica.receive(PlainUpdate("middle", "1", "b", 5))
        var answer = MergedDelta()
        for source: SourceID in [1, 2] { answer.add(source, above: 0, countingTo: 10, in: replica) }
        try replica.set("k", "2")
        #expect(drain(&answer, replica).map(\.key.text) == ["newest", "middle"])
    }

    @Test("A host's order holds, although one cursor ends while others have to move")
    func sortedThoughEnded() throws {
        let replica = try Replica.make { Sort.oldestFirst.adjust(&$0) }
        let updates = [("k", "s1", 1), ("third", "s1", 3), ("second", "s2", 2), ("l", "s3", 3), ("fourth", "s4", 4)]
        for (key, source, version) in updates {
            try replica.receive(PlainUpdate(key, "1", source, Version(version)))
        }
        var answer = MergedDelta()
        for source: SourceID in 1...4 { answer.add(source, above: 0, countingTo: 10, in: replica) }
        try replica.set("k", "2")
        try replica.set("l", "2")
        #expect(drain(&answer, replica).map(\.key.text) == ["second", "third", "fourth"])
    }

    private func takeInParts(_ seed: Int, _ sort: Sort) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try crowd(&random, sources: 6, updates: 100, sort)
        var answer = MergedDelta()
        var sent: [SourceID: Version] = [:]
        var promised: [SourceID: Version] = [:]
        for source in 0..<SourceID(replica.sources.count) where !random.oneIn(4) {
            sent[source] = Version(random.below(Int(replica.sources[source].covered) / 2 + 1))
            promised[source] = replica.sources[source].covered
            answer.add(source, above: sent[source] ?? 0, countingTo: 10, in: replica)
        }
        while true {
            for _ in 0..<random.below(12) {
                let owed = promised.flatMap { source, promise in
                    liveEntries(of: source, above: sent[source] ?? 0, upTo: promise, replica)
                }
                guard let record = answer.next(in: replica) else {
                    check(answer.count == 0, "seed \(seed): nothing remains, counted as \(answer.count)")
                    check(owed.isEmpty, "seed \(seed): missing \(owed)")
                    return
                }
                let update = PlainUpdate(replica.update(of: record))
                check(replica.entry(update.key.text) == update, "seed \(seed): \(update) is not the entry of its key")
                check(record.version > sent[record.source] ?? .max, "seed \(seed): \(update) goes backwards")
                let better = owed.first { sort.precedes($0, update) && heads(owed).contains($0) }
                check(better == nil, "seed \(seed): \(update) goes before \(String(describing: better))")
                sent[record.source] = record.version
            }
            try write(random.below(15), sources: 6, to: replica, &random)
        }
    }

    private func liveEntries(of source: SourceID, above: Version, upTo: Version, _ replica: Replica) -> [PlainUpdate] {
        replica.keys.records.filter { $0.source == source && $0.version > above && $0.version <= upTo }
            .map { PlainUpdate(replica.update(of: $0)) }
    }

    /// Returns the first update of each source.
    private func heads(_ updates: [PlainUpdate]) -> [PlainUpdate] {
        Dictionary(grouping: updates, by: \.source).values.compactMap { $0.min { $0.version < $1.version } }
    }

    @Test("A source that is requested again begins anew, above the latest version")
    func askedAgain() throws {
        let replica = try Replica.make()
        for number in 1...6 { try replica.set("k\(number)", "1") }
        var answer = MergedDelta()
        answer.add(0, above: 0, countingTo: 10, in: replica)
        #expect(drain(&answer, replica, most: 4).map(\.version) == [1, 2, 3, 4])
        answer.add(0, above: 2, countingTo: 10, in: replica)
        #expect(drain(&answer, replica, most: 2).map(\.version) == [3, 4])
        answer.add(0, above: 6, countingTo: 10, in: replica)
        #expect(answer.count == 0)
        #expect(drain(&answer, replica).isEmpty)
    }

    @Test("A cursor continues in an index that was swept")
    func swept() throws {
        let replica = try Replica.make()
        for number in 1...200 { try replica.set("k\(number)", "1") }
        var answer = MergedDelta()
        answer.add(0, above: 0, countingTo: 10, in: replica)
        #expect(drain(&answer, replica, most: 50).map(\.version) == Array(1...50))
        let generation = replica.own.entries.generation
        for number in 0..<360 { try replica.set("k\(number % 180 + 1)", "2") }
        #expect(replica.own.entries.generation != generation, "the test must sweep")
        #expect(drain(&answer, replica).map(\.version) == Array(181...200) + Array(381...560))
    }

    @Test("A key that is overwritten again and again is sent once, in its latest state")
    func once() throws {
        let replica = try Replica.make()
        for number in 1...100 { try replica.set("k", "\(number)") }
        var answer = MergedDelta()
        answer.add(0, above: 0, countingTo: 10, in: replica)
        try replica.set("k", "last")
        #expect(drain(&answer, replica) == [PlainUpdate("k", "last", "local", 101)])
    }
}
