/// Decides which of two updates of one key stands.
///
/// Each case is a total order of updates, and the greater one stands; so replicas that have seen the same updates agree,
/// in whatever order those came.
public enum Resolver {
    /// The greater (version, source id): last writer wins.
    case lastWriter
    /// The greater value, as `compare` (<0, 0, >0) orders JSON texts; equal ones by (version, source id).
    case orderedValues(compare: (Bytes, Bytes) -> Int)
    /// The host's rule: whether the first should replace the second. The host answers for its order.
    case host((Update, Update?) -> Bool)

    /// Whether the first should replace the second, where there is one. It asks for them as updates if it has to look inside.
    func prefers(_ record: Record, to entry: Record?, _ update: (Record) -> Update) -> Bool {
        switch self {
        case .lastWriter, .orderedValues:
            guard let entry else { return true }
            if case .lastWriter = self, record.version != entry.version { return record.version > entry.version }
            return prefers(update(record), to: update(entry))
        case .host:
            return prefers(update(record), to: entry.map { update($0) })
        }
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
