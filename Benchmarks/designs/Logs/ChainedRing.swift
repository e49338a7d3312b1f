/// The library's history: a ring in order of arrival, in which the updates of a source are chained.
struct ChainedRing: ~Copyable, UpdateLog {
    static let name = "a: chained ring"

    private var history: History
    private var sources: SourceTable

    init(limit: Int, sources count: Int) {
        history = History(capacity: limit)
        sources = SourceTable(own: Bytes("own"), hash: SipHash(key: (1, 2)))
        for number in 1..<max(count, 2) { KeyTexts.with(number) { _ = sources.insert($0) } }
    }

    mutating func remember(_ record: Record) {
        history.remember(record, of: sources[record.source], in: sources)
    }

    mutating func news(of source: SourceID, above version: Version) -> [Record] {
        history.news(of: sources[source], above: version)
    }

    func forEach(_ visit: (Record) -> Void) {
        let end = history.end
        for number in (end > history.capacity ? end - UInt64(history.capacity) : 1)..<end {
            if let slot = history[number] { visit(slot.record) }
        }
    }
}
