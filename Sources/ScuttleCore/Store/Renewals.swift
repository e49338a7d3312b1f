/// The keys that a replica renews: those with `SCUTTLE_TTL_RENEW`.
struct Renewals: ~Copyable {
    /// The entries that are to be written again, by the time when that is due.
    var due = KeyHeap()
    /// The writes whose key has lost its value while this replica renews it, because a peer has counted an expiry, or has purged
    /// one. They are due at once. Owns a reference to each.
    var lost: [Record] = []
    /// The number of writes of other incarnations of the replica's name that have ended no renewal.
    var earlierWrites = 0

    deinit {
        for record in lost { record.release() }
    }

    /// Returns whether a renewal is due. O(1).
    func isDue(at time: UInt64) -> Bool {
        !lost.isEmpty || due.first?.priority ?? .max <= time
    }

    mutating func lose(_ record: Record) {
        record.retain()
        lost.append(record)
    }
}
