/// The seed's array, kept in the order of version and source by insertion, beside a ring that knows what came first.
struct SortedLog: ~Copyable, UpdateLog {
    static let name = "b1: sorted array"

    private var run = SortedRun<Record>()
    private var ring: RecordRing

    init(limit: Int, sources: Int) {
        ring = RecordRing(capacity: limit)
    }

    deinit {
        ring.releaseAll()
    }

    mutating func remember(_ record: Record) {
        if let oldest = ring.append(record) {
            run.remove(oldest.version, oldest.source)
            oldest.release()
        }
        run.insert(.init(version: record.version, source: record.source, item: record))
    }

    mutating func news(of source: SourceID, above version: Version) -> [Record] {
        var found: [Record] = []
        run.forEach(of: source, above: version) { found.append($0.item) }
        return found
    }

    func forEach(_ visit: (Record) -> Void) {
        ring.forEach(visit)
    }
}
