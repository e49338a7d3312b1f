/// The marks that were inserted last: at least 4,096, and at most twice as many. Insert: O(log n).
struct RecentMarks {
    private var newer = DotOrder()
    private var older = DotOrder()

    private static var minCount: Int { 4096 }

    /// Inserts a mark. Returns false if it is present.
    mutating func insert(_ mark: UInt64) -> Bool {
        let dot = Dot(source: 0, version: mark)
        guard newer.find(dot) == nil, older.find(dot) == nil else { return false }
        if newer.count >= Self.minCount { (older, newer) = (newer, DotOrder()) }
        newer.insert(dot, 0)
        return true
    }
}
