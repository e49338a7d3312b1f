/// The last records in order of arrival: what a history needs besides an order by version.
struct RecordRing {
    private var records: [Record] = []
    private var next = 0
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Adds a record, retained, and returns the oldest where there is no room for both. O(1) amortised.
    mutating func append(_ record: Record) -> Record? {
        record.retain()
        guard records.count == capacity else {
            records.append(record)
            return nil
        }
        let oldest = records[next]
        records[next] = record
        next = next + 1 == capacity ? 0 : next + 1
        return oldest
    }

    /// Oldest first.
    func forEach(_ visit: (Record) -> Void) {
        for place in next..<records.count { visit(records[place]) }
        for place in 0..<next { visit(records[place]) }
    }

    func releaseAll() {
        for record in records { record.release() }
    }
}
