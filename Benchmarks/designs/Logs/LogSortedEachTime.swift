/// As the program does it: each write appends, sorts the array, and drops what stands first; a question looks at all.
///
/// So it forgets the lowest version, not what came first, which is the same only where all arrives in order. Remember and
/// news: O(limit).
struct LogSortedEachTime: ~Copyable, UpdateLog {
    static let name = "b3: sorted each time"

    private var memory: [SortedRun<Record>.Element] = []
    private let limit: Int

    /// In order only; and no history of which one round would take minutes.
    static func canTake(_ setting: LogSetting) -> Bool {
        setting.order == .inOrder && min(setting.limit, setting.count) * setting.count <= 100_000_000
    }

    init(limit: Int, sources: Int) {
        self.limit = limit
    }

    deinit {
        for element in memory { element.item.release() }
    }

    mutating func remember(_ record: Record) {
        record.retain()
        memory.append(.init(version: record.version, source: record.source, item: record))
        memory.sort { $0.precedes($1) }
        if memory.count > limit { memory.removeFirst().item.release() }
    }

    mutating func news(of source: SourceID, above version: Version) -> [Record] {
        memory.filter { $0.version > version && $0.source == source }.map(\.item)
    }

    func forEach(_ visit: (Record) -> Void) {
        for element in memory { visit(element.item) }
    }
}
