/// An array in order of arrival, of which a question has a sorted copy made where late updates have come since the last.
struct LogSortedWhenAsked: ~Copyable, UpdateLog {
    static let name = "b2: sorted when asked"

    private var arrived = SortedRun<Record>()
    private var sorted = SortedRun<Record>()
    private let limit: Int
    /// How many more updates stand behind the last one that was late: with none before it, they are in order.
    private var sinceLate = Int.max
    private var isStale = true

    init(limit: Int, sources: Int) {
        self.limit = limit
    }

    deinit {
        for element in arrived.elements[arrived.head...] { element.item.release() }
    }

    mutating func remember(_ record: Record) {
        record.retain()
        let element = SortedRun<Record>.Element(version: record.version, source: record.source, item: record)
        if let last = arrived.elements.last, element.precedes(last) {
            sinceLate = 0
        } else if sinceLate < Int.max {
            sinceLate += 1
        }
        isStale = true
        if arrived.count == limit {
            arrived.elements[arrived.head].item.release()
            arrived.dropFirst()
        }
        arrived.append(element)
    }

    mutating func news(of source: SourceID, above version: Version) -> [Record] {
        var found: [Record] = []
        if sinceLate >= arrived.count {
            arrived.forEach(of: source, above: version) { found.append($0.item) }
            return found
        }
        if isStale {
            sorted = arrived
            sorted.sort()
            isStale = false
        }
        sorted.forEach(of: source, above: version) { found.append($0.item) }
        return found
    }

    func forEach(_ visit: (Record) -> Void) {
        for element in arrived.elements[arrived.head...] { visit(element.item) }
    }
}
