/// Decides which of two writes of one key stands, by their timestamps or values.
///
/// Each case is a total order of updates, and the greater update stands. So replicas that have received the same updates
/// converge, in whatever order those arrived.
public enum Resolver {
    /// Last writer wins: the greater timestamp stands.
    case lastWriter
    /// The greater value stands, as `compare` (<0, 0, >0) orders JSON texts; equal values by timestamp.
    case orderedValues(compare: (Bytes, Bytes) -> Int)
    /// The host's rule: returns whether the first update replaces the second. The host guarantees that this is a total order.
    case host((Update, Update?) -> Bool)

    /// Returns whether a record becomes the entry of a key that has none. Calls `update` only if the rule needs the update.
    func accepts(_ record: Record, _ update: (Record) -> Update) -> Bool {
        guard case .host = self else { return true }
        return prefers(update(record), to: nil)
    }

    /// Returns whether the first record replaces the second. Calls `update` only if the rule needs the updates.
    @inline(__always)
    func prefers(_ record: Record, to entry: Record, _ update: (Record) -> Update) -> Bool {
        if case .lastWriter = self {
            let (mine, other) = (record.timestamp.version, entry.timestamp.version)
            if mine != other { return mine > other }
        }
        return prefers(update(record), to: update(entry))
    }

    func prefers(_ update: Update, to current: Update?) -> Bool {
        switch self {
        case .lastWriter:
            return current.map { $0.precedes(update) } ?? true
        case .orderedValues(let compare):
            guard let current else { return true }
            let order = compare(update.value, current.value)
            return order == 0 ? current.precedes(update) : order > 0
        case .host(let decide):
            return decide(update, current)
        }
    }
}
