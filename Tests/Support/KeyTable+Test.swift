@testable import ScuttleCore

extension KeyTable {
    /// All entries, borrowed, by key id.
    var records: [Record] {
        var all: [Record] = []
        forEach { _, record in
            all.append(record)
            return true
        }
        return all
    }
}

extension KeyTable {
    mutating func insert(_ record: Record) -> KeyID {
        insert(record, hash(of: record.key))
    }
}
