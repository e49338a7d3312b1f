/// Decides which of two writes of one key stands, by their timestamps or values.
///
/// Each case is a total order of updates, and the greater one stands; so replicas that have seen the same updates agree,
/// in whatever order those came.
public enum Resolver {
    /// The greater timestamp: last writer wins.
    case lastWriter
    /// The greater value, as `compare` (<0, 0, >0) orders JSON texts; equal ones by timestamp.
    case orderedValues(compare: (Bytes, Bytes) -> Int)
    /// The host's rule: whether the first should replace the second. The host answers for its order.
    case host((Update, Update?) -> Bool)

    /// Whether a record becomes the entry of a key that has none. It asks for an update if it has to look inside.
    func accepts(_ record: Record, _ update: (Record) -> Update) -> Bool {
        guard case .host = self else { return true }
        return prefers(update(record), to: nil)
    }

    /// Whether the first should replace the second. It asks for them as updates if it has to look inside.
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
