import CMachine

/// What the key tables are put to: N new keys, then finds that hit and that miss, then overwrites, by chance.
final class KeyMapInput {
    let count: Int
    let repeats: Int
    let records: [Record]
    /// Other updates of keys drawn by chance, no order twice, so that no branch can be learnt by heart.
    let later: [Record]
    let hits: KeyTexts
    let misses: KeyTexts
    let ledger: Ledger

    init(count: Int, _ scale: Scale, _ ledger: Ledger) {
        self.count = count
        self.ledger = ledger
        repeats = scale.repeats(of: count)
        let drawn = max(scale.operations, 1000)
        var draw = Draw(seed: UInt64(count))
        records = (0..<count).map { Record(ofKey: $0, version: Version($0) + 1) }
        later = (0..<drawn).map { Record(ofKey: draw.below(count), version: Version(count + $0) + 1) }
        hits = KeyTexts((0..<drawn).map { _ in draw.below(count) })
        misses = KeyTexts((0..<drawn).map { _ in draw.below(count) + count })
    }

    deinit {
        for record in records { record.release() }
        for record in later { record.release() }
    }
}

/// Key tables of 1,000 to 4 million keys.
func playKeyMaps(_ scale: Scale, _ ledger: Ledger) {
    let contest = Contest(contestants: [
        { play(HalfHashSlots.self, $0) },
        { play(SwiftDictionary.self, $0) },
        { play(PointerSlots.self, $0) },
        { play(ControlBytes.self, $0) },
        { play(HalfHashesAndPointers.self, $0) },
    ])
    for (count, rounds) in [(1000, 5), (10_000, 5), (100_000, 5), (1_000_000, 3), (4_000_000, 3)] {
        contest.run(KeyMapInput(count: scale.size(count), scale, ledger), rounds: scale.rounds(rounds))
    }
}

private func play<Map: KeyMap & ~Copyable>(_: Map.Type, _ input: KeyMapInput) {
    let row = "\(short(input.count)) keys"
    func note(_ task: String, _ total: Double, over operations: Int) {
        let table = "Key table: \(task), ns"
        input.ledger.note(table, .nanoseconds, row: row, Map.name, total / Double(operations))
    }
    let hash = SipHash(key: (17, 4))

    var inserting = 0.0
    for _ in 1..<input.repeats {
        var map = Map(hash: hash)
        inserting += Stopwatch.time { for record in input.records { _ = map.put(record) } }
    }
    let empty = Heap.bytes
    var map = Map(hash: hash)
    inserting += Stopwatch.time { for record in input.records { _ = map.put(record) } }
    let bytes = (Heap.bytes - empty) / Double(input.count)
    note("insert a new key", inserting, over: input.repeats * input.count)

    var sum: UInt64 = 0
    let hitting = Stopwatch.time {
        for place in 0..<input.hits.count { sum &+= map.find(input.hits[place])?.version ?? 0 }
    }
    note("find, hit", hitting, over: input.hits.count)
    let missing = Stopwatch.time {
        for place in 0..<input.misses.count { sum &+= map.find(input.misses[place])?.version ?? 1 }
    }
    note("find, miss", missing, over: input.misses.count)
    let (plain, locked) = (input.later.prefix(input.later.count / 2), input.later.suffix(input.later.count / 2))
    let overwriting = Stopwatch.time {
        for record in plain { sum &+= map.put(record)?.version ?? 0 }
    }
    note("overwrite", overwriting, over: plain.count)
    var lock: UInt32 = 0
    let locking = Stopwatch.time {
        for record in locked {
            machine_lock(&lock)
            sum &+= map.put(record)?.version ?? 0
            machine_unlock(&lock)
        }
    }
    note("overwrite, each under a lock", locking, over: locked.count)
    input.ledger.note("Key table: memory without the records, bytes a key", .bytes, row: row, Map.name, bytes)

    var digest = Digest()
    digest.add(sum)
    for place in stride(from: 0, to: input.count, by: max(input.count / 50_000, 1)) {
        digest.add(map.find(input.records[place].key)?.version ?? 0)
    }
    input.ledger.check("key table, \(row)", Map.name, digest.value)
}
