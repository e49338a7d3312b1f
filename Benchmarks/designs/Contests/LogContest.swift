/// What the histories are put to: the same updates of 1, 10 or 1,000 sources, and the same questions.
final class LogInput {
    let setting: LogSetting
    let stream: UpdateStream
    let repeats: Int
    let ledger: Ledger
    /// The last part of the updates, which comes in batches with a question behind each.
    let batch: Int
    let batches: Int
    let batchQuestions: [(source: SourceID, bound: Version)]
    let questions: [(source: SourceID, bound: Version)]

    init(_ setting: LogSetting, _ stream: UpdateStream, _ scale: Scale, _ ledger: Ledger) {
        self.setting = setting
        self.stream = stream
        self.ledger = ledger
        repeats = scale.repeats(of: setting.count)
        batch = min(100, setting.count / 20)
        batches = 10
        let filled = setting.count - batch * batches
        var draw = Draw(seed: 5)
        var batchQuestions: [(source: SourceID, bound: Version)] = []
        for number in 1...batches {
            let source = draw.below(setting.sources)
            let held = stream.records[..<(filled + number * batch)].suffix(setting.limit)
            let own = held.lazy.filter { $0.source == SourceID(source) }.map(\.version)
            let bound = Array(own.suffix(Questions.results + 1)).dropLast(Questions.results).first ?? 0
            batchQuestions.append((SourceID(source), bound))
        }
        self.batchQuestions = batchQuestions
        let asked = Questions(stream.records.suffix(setting.limit), sources: setting.sources)
        questions = (0..<200).map { _ in
            let source = draw.below(setting.sources)
            return (SourceID(source), asked.bound(of: source))
        }
    }
}

/// Histories of the last 10 to the last million updates.
func playLogs(_ scale: Scale, _ ledger: Ledger) {
    let contest = Contest(contestants: [
        { play(ChainedRing.self, $0) },
        { play(SortedLog.self, $0) },
        { play(LogSortedWhenAsked.self, $0) },
        { play(LogSortedEachTime.self, $0) },
        { play(TreeLog.self, $0) },
    ])
    for (count, limits) in [
        (1000, [1_000_000]), (10_000, [1_000_000]), (100_000, [10, 1000, 1_000_000]),
        (1_000_000, [100_000, 1_000_000]),
    ] {
        for sources in count < 100_000 ? [10] : [1, 10, 1000] {
            for order in [LogSetting.Order.inOrder, .late] where sources > 1 || order == .inOrder {
                let count = scale.size(count)
                let late = UpdateStream.Order.lateSources(by: min(1000, count / 10))
                let stream = UpdateStream(count: count, sources: sources, order == .late ? late : .inOrder)
                for limit in limits {
                    let setting = LogSetting(limit: limit, count: count, sources: sources, order: order)
                    let input = LogInput(setting, stream, scale, ledger)
                    contest.run(input, rounds: scale.rounds(count > 100_000 ? 3 : 5))
                }
            }
        }
    }
}

private func play<Log: UpdateLog & ~Copyable>(_: Log.Type, _ input: LogInput) {
    let setting = input.setting
    guard Log.canTake(setting) else { return }
    let row = setting.name
    let records = input.stream.records
    let filled = records.count - input.batch * input.batches
    let held = min(setting.limit, records.count)
    func note(_ task: String, _ value: Double) {
        input.ledger.note("History: \(task), ns", .nanoseconds, row: row, Log.name, value)
    }

    var filling = 0.0
    for _ in 1..<input.repeats {
        var log = Log(limit: setting.limit, sources: setting.sources)
        filling += Stopwatch.time { for record in records[..<filled] { log.remember(record) } }
    }
    var log = Log(limit: setting.limit, sources: setting.sources)
    let empty = Heap.bytes
    filling += Stopwatch.time { for record in records[..<filled] { log.remember(record) } }
    let bytes = (Heap.bytes - empty) / Double(min(setting.limit, filled))
    note("remember an update", filling / Double(input.repeats * filled))

    var digest = Digest()
    var found: [[Record]] = []
    let mixed = Stopwatch.time {
        for (number, question) in input.batchQuestions.enumerated() {
            let start = filled + number * input.batch
            for record in records[start..<start + input.batch] { log.remember(record) }
            found.append(log.news(of: question.source, above: question.bound))
        }
    }
    if setting.limit >= 1000, input.batch == 100 {
        note("100 updates, then news of a source, up to 100 results", mixed / Double(input.batches))
    }
    for record in found.joined() { digest.add(record.version) }

    var results = 0
    let asking = Stopwatch.time {
        for question in input.questions { results += log.news(of: question.source, above: question.bound).count }
    }
    // Where the source has no hundred, the question is another one.
    if results == input.questions.count * Questions.results {
        note("news of a source, 100 results", asking / Double(input.questions.count))
    }
    for question in input.questions.prefix(20) {
        for record in log.news(of: question.source, above: question.bound) { digest.add(record.version) }
    }

    var sum: UInt64 = 0
    let walking = Stopwatch.time { log.forEach { sum &+= $0.version } }
    if held >= 1000, setting.sources == 10 { note("all in order of arrival, an update", walking / Double(held)) }
    log.forEach { digest.add($0.version) }
    digest.add(sum)
    if setting.limit > 10 {
        input.ledger.note("History: memory without the records, bytes an update", .bytes, row: row, Log.name, bytes)
    }
    input.ledger.check("history, \(row)", Log.name, digest.value)
}
