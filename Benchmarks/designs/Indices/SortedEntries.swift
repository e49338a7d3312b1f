/// One array for all sources in the order of version and source, by insertion, with the library's holes: to take each
/// overwritten entry out at once would move half the array.
struct SortedEntries: ~Copyable, EntryIndex {
    static let name = "b1: sorted array"

    private var run = SortedRun<KeyID>()
    private var liveCount = 0

    init(sources: Int) {}

    mutating func enlist(_ record: Record, _ key: KeyID) {
        run.insert(.init(version: record.version, source: record.source, item: key))
        liveCount += 1
    }

    mutating func retire(_ record: Record, _ table: borrowing KeyTable) {
        liveCount -= 1
        if run.count > 2 * liveCount + 32 { run.sweep(table) }
    }

    mutating func keys(of source: SourceID, above version: Version, _ table: borrowing KeyTable) -> [KeyID] {
        run.liveKeys(of: source, above: version, table)
    }
}

extension SortedRun<KeyID> {
    mutating func sweep(_ table: borrowing KeyTable) {
        var live: [Element] = []
        live.reserveCapacity(count)
        for element in elements[head...] where table.isEntry(of: element.item, element.source, element.version) {
            live.append(element)
        }
        self = SortedRun(sorted: live)
    }

    func liveKeys(of source: SourceID, above version: Version, _ table: borrowing KeyTable) -> [KeyID] {
        var found: [KeyID] = []
        for place in firstPlace(above: version)..<elements.count {
            let element = elements[place]
            if element.source == source, table.isEntry(of: element.item, source, element.version) {
                found.append(element.item)
            }
        }
        return found
    }
}
