/// The figures of a replica for its operator.
///
/// The fields have the names, the order and the size of those of `scuttle_stats_t` behind `struct_size`, which a test
/// compares. `Replica.withStatistics` computes the gauges, at the front, and the sums.
public struct Statistics {
    // Gauges.
    public internal(set) var keys: UInt64 = 0
    public internal(set) var tombstones: UInt64 = 0
    public internal(set) var bytes: UInt64 = 0
    public internal(set) var history: UInt64 = 0
    public internal(set) var sources: UInt64 = 0
    public internal(set) var retired: UInt64 = 0
    public internal(set) var exceptions: UInt64 = 0
    public internal(set) var outOfOrder: UInt64 = 0
    public internal(set) var links: UInt64 = 0
    public internal(set) var linksInStep: UInt64 = 0
    public internal(set) var linksFull: UInt64 = 0

    // Counters of writes and of tombstones.
    public internal(set) var sets: UInt64 = 0
    public internal(set) var deletes: UInt64 = 0
    public internal(set) var expired: UInt64 = 0
    public internal(set) var republished: UInt64 = 0
    public internal(set) var purged: UInt64 = 0
    public internal(set) var resets: UInt64 = 0
    public internal(set) var removed: UInt64 = 0

    // Counters of the updates of peers. The first is the sum of the next four, and computed.
    public internal(set) var received: UInt64 = 0
    public internal(set) var applied: UInt64 = 0
    public internal(set) var superseded: UInt64 = 0
    public internal(set) var repeated: UInt64 = 0
    public internal(set) var refused: UInt64 = 0
    public internal(set) var rejected: UInt64 = 0
    public internal(set) var refusedByPeers: UInt64 = 0
    public internal(set) var corrupt: UInt64 = 0
    public internal(set) var diverged: UInt64 = 0
    public internal(set) var twins: UInt64 = 0

    // Counters of conversations.
    public internal(set) var gossips: UInt64 = 0
    public internal(set) var requests: UInt64 = 0
    public internal(set) var deltasLog: UInt64 = 0
    public internal(set) var deltasState: UInt64 = 0
    public internal(set) var deltasReset: UInt64 = 0
    public internal(set) var deltasEarly: UInt64 = 0
    public internal(set) var deltasContents: UInt64 = 0
    public internal(set) var full: UInt64 = 0
    public internal(set) var linksOpened: UInt64 = 0
    public internal(set) var linksEnded: UInt64 = 0

    /// Of all links.
    public internal(set) var traffic = Traffic()
}

/// The bytes and messages that a host has written to a link, and those that it has read from it.
public struct Traffic {
    public internal(set) var bytesIn: UInt64 = 0
    public internal(set) var bytesOut: UInt64 = 0
    public internal(set) var messagesIn: UInt64 = 0
    public internal(set) var messagesOut: UInt64 = 0

    mutating func add(_ other: Traffic) {
        bytesIn &+= other.bytesIn
        bytesOut &+= other.bytesOut
        messagesIn &+= other.messagesIn
        messagesOut &+= other.messagesOut
    }
}
