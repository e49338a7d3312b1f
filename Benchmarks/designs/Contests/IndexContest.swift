import CMachine

/// What the indices of entries are put to: updates that become entries of new keys or in the place of others.
final class IndexInput {
    let name: String
    let sources: Int
    /// What makes the keys known; and, where nothing is overwritten, the updates themselves.
    let first: UpdateStream
    let later: UpdateStream?
    /// Whether each overwrite is done under a lock.
    let locks: Bool
    let repeats: Int
    let ledger: Ledger
    let questions: [(source: SourceID, bound: Version)]

    init(
        _ name: String, sources: Int, first: UpdateStream, later: UpdateStream?, locks: Bool, _ scale: Scale,
        _ ledger: Ledger
    ) {
        self.name = name
        self.sources = sources
        self.first = first
        self.later = later
        self.locks = locks
        self.ledger = ledger
        repeats = later == nil ? scale.repeats(of: first.records.count) : 1
        var entries: [Int: Record] = [:]
        for stream in [first, later] {
            guard let stream else { continue }
            for (record, key) in zip(stream.records, stream.keys) { entries[key] = record }
        }
        let ascending = entries.values.sorted { $0.version < $1.version }
        let asked = Questions(ascending, sources: sources)
        var draw = Draw(seed: 6)
        questions = (0..<200).map { _ in
            let source = draw.below(sources)
            return (SourceID(source), asked.bound(of: source))
        }
    }

    /// A key table with the first updates, in the order of their keys' numbers, so that those are the ids.
    func makeTable() -> KeyTable {
        var table = KeyTable(hash: SipHash(key: (3, 4)))
        var byKey = first.records
        for (record, key) in zip(first.records, first.keys) { byKey[key] = record }
        for record in byKey {
            record.retain()
            _ = table.insert(record, table.hash(of: record.key))
        }
        return table
    }
}

/// Indices of 1,000 to a million entries.
func playIndices(_ scale: Scale, _ ledger: Ledger) {
    let contest = Contest(contestants: [
        { play(NoIndex.self, $0) },
        { play(VersionIndices.self, $0) },
        { play(SortedEntries.self, $0) },
        { play(EntriesSortedWhenAsked.self, $0) },
        { play(TreeEntries.self, $0) },
    ])
    func run(
        _ task: String, _ count: Int, _ sources: Int, _ order: UpdateStream.Order, overwritten keys: Int? = nil,
        locks: Bool = false, rounds: Int = 3
    ) {
        let first = UpdateStream(count: keys ?? count, sources: sources, order)
        let later = keys.map {
            UpdateStream(count: count, sources: sources, .inOrder, keys: $0, after: Version($0))
        }
        let name = "\(task), \(short(sources)) source\(sources == 1 ? "" : "s")\(locks ? ", each under a lock" : "")"
        let input = IndexInput(name, sources: sources, first: first, later: later, locks: locks, scale, ledger)
        contest.run(input, rounds: scale.rounds(rounds))
    }
    for count in [1000, 10_000, 100_000, 1_000_000].map(scale.size) {
        for sources in count < scale.size(1_000_000) ? [10] : [1, 10, 1000] {
            let late = UpdateStream.Order.lateUpdates(by: min(1000, count / 10))
            run("\(short(count)) new keys in order", count, sources, .inOrder)
            run("\(short(count)) new keys, 10 % late", count, sources, late)
        }
    }
    for count in [10_000, 100_000].map(scale.size) {
        run("\(short(count)) new keys in no order", count, 1, .shuffled, rounds: 1)
    }
    let (hot, million) = (scale.size(1000), scale.size(1_000_000))
    for sources in [1, 10, 1000] {
        run("\(short(hot)) keys overwritten \(short(million)) times", million, sources, .inOrder, overwritten: hot)
    }
    for locks in [false, true] {
        let task = "\(short(million)) keys overwritten \(short(2 * million)) times"
        run(task, 2 * million, 10, .inOrder, overwritten: million, locks: locks)
    }
}

private func play<Index: EntryIndex & ~Copyable>(_: Index.Type, _ input: IndexInput) {
    let records = (input.later ?? input.first).records
    let keys = (input.later ?? input.first).keys
    var table = input.makeTable()
    var index = Index(sources: input.sources)
    let empty = Heap.bytes
    let task: String
    var changing = 0.0
    var lock: UInt32 = 0
    if input.later != nil {
        task = "Index: overwrite an entry, ns"
        for (record, key) in zip(input.first.records, input.first.keys) { index.enlist(record, KeyID(key)) }
        changing = Stopwatch.time {
            for place in records.indices {
                if input.locks { machine_lock(&lock) }
                defer { if input.locks { machine_unlock(&lock) } }
                let key = KeyID(keys[place])
                guard let old = table[key] else { continue }
                records[place].retain()
                table.replace(key, old, with: records[place])
                index.retire(old, table)
                index.enlist(records[place], key)
                old.release()
            }
        }
    } else {
        task = "Index: add the entry of a new key, ns"
        for _ in 1..<input.repeats {
            var index = Index(sources: input.sources)
            changing += Stopwatch.time {
                for place in records.indices { index.enlist(records[place], KeyID(keys[place])) }
            }
        }
        changing += Stopwatch.time {
            for place in records.indices { index.enlist(records[place], KeyID(keys[place])) }
        }
    }
    let ledger = input.ledger
    ledger.note(task, .nanoseconds, row: input.name, Index.name, changing / Double(input.repeats * records.count))
    guard Index.self != NoIndex.self else { return }

    // Those that sort when asked sort now.
    let (source, bound) = input.questions[0]
    var results = 0
    let first = Stopwatch.time { results = index.keys(of: source, above: bound, table).count }
    if input.later == nil {
        ledger.note("Index: the first question after that, ns", .nanoseconds, row: input.name, Index.name, first)
    }
    let bytes = (Heap.bytes - empty) / Double(input.first.records.count)
    ledger.note("Index: memory, bytes an entry", .bytes, row: input.name, Index.name, bytes)
    results = 0
    let asking = Stopwatch.time {
        for (source, bound) in input.questions { results += index.keys(of: source, above: bound, table).count }
    }
    if results == input.questions.count * Questions.results {
        let value = asking / Double(input.questions.count)
        ledger.note("Index: entries of a source, 100 results, ns", .nanoseconds, row: input.name, Index.name, value)
    }
    var digest = Digest()
    for source in 0..<min(input.sources, 20) {
        for key in index.keys(of: SourceID(source), above: 0, table) { digest.add(UInt64(key)) }
    }
    for (source, bound) in input.questions.prefix(20) {
        for key in index.keys(of: source, above: bound, table) { digest.add(UInt64(key)) }
    }
    ledger.check("index, \(input.name)", Index.name, digest.value)
}
