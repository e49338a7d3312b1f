/// A B+ tree for each source, beside a ring that knows what came first.
struct TreeLog: ~Copyable, UpdateLog {
    static let name = "c: tree per source"

    private let trees: [VersionTree<Record>]
    private var ring: RecordRing

    init(limit: Int, sources: Int) {
        trees = (0..<sources).map { _ in VersionTree() }
        ring = RecordRing(capacity: limit)
    }

    deinit {
        ring.releaseAll()
    }

    mutating func remember(_ record: Record) {
        if let oldest = ring.append(record) {
            trees[Int(oldest.source)].remove(oldest.version)
            oldest.release()
        }
        trees[Int(record.source)].insert(record.version, record)
    }

    mutating func news(of source: SourceID, above version: Version) -> [Record] {
        var found: [Record] = []
        trees[Int(source)].forEach(above: version) { found.append($0) }
        return found
    }

    func forEach(_ visit: (Record) -> Void) {
        ring.forEach(visit)
    }
}
