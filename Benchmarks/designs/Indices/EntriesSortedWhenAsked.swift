/// One array in order of arrival, which a question sorts where something has come out of order; with the library's holes.
struct EntriesSortedWhenAsked: ~Copyable, EntryIndex {
    static let name = "b2: sorted when asked"

    private var run = SortedRun<KeyID>()
    private var liveCount = 0
    private var isSorted = true

    init(sources: Int) {}

    mutating func enlist(_ record: Record, _ key: KeyID) {
        let element = SortedRun<KeyID>.Element(version: record.version, source: record.source, item: key)
        if isSorted, let last = run.elements.last, element.precedes(last) { isSorted = false }
        run.append(element)
        liveCount += 1
    }

    mutating func retire(_ record: Record, _ table: borrowing KeyTable) {
        liveCount -= 1
        if run.count > 2 * liveCount + 32 { run.sweep(table) }
    }

    mutating func keys(of source: SourceID, above version: Version, _ table: borrowing KeyTable) -> [KeyID] {
        if !isSorted {
            run.sort()
            isSorted = true
        }
        return run.liveKeys(of: source, above: version, table)
    }
}
