/// The marks that were inserted last: 4,096 of them at least, and twice as many at most. Insert: O(log n).
struct RecentMarks {
    private var newer = DotOrder()
    private var older = DotOrder()

    private static var minCount: Int { 4096 }

    /// Inserts a mark; false if it is there.
    mutating func insert(_ mark: UInt64) -> Bool {
        let dot = Dot(source: 0, version: mark)
        guard newer.find(dot) == nil, older.find(dot) == nil else { return false }
        if newer.count >= Self.minCount { (older, newer) = (newer, DotOrder()) }
        newer.insert(dot, 0)
        return true
    }
}
