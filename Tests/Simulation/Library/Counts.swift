/// Counts of what happened in the worlds, to see that every kind of event does.
public struct Counts: CustomStringConvertible {
    public init() {}

    public internal(set) var logs = 0
    public internal(set) var states = 0
    public internal(set) var resets = 0
    public internal(set) var bytes = 0
    public internal(set) var purges = 0
    public internal(set) var starts = 0
    public internal(set) var twins = 0
    public internal(set) var intrusions = 0
    /// Names that a host has retired, its own included, and names that a replica has retired by itself.
    public internal(set) var retired = 0
    public internal(set) var silenced = 0
    /// Replicas that have ended for good.
    public internal(set) var ended = 0
    public internal(set) var disturbed = 0
    public internal(set) var resurrected = 0
    public internal(set) var lost = 0
    public internal(set) var diverged = 0
    public internal(set) var expired = 0
    /// Updates that a host has refused.
    public internal(set) var refused = 0
    /// Batches that were made, and those that had an error and changed nothing; and conditions that were not met.
    public internal(set) var batches = 0
    public internal(set) var batchesUndone = 0
    public internal(set) var conflicts = 0
    /// Differences that remained and were reported to both hosts.
    public internal(set) var reported = 0
    /// The maximum of a gossip round: its bytes for each byte of state.
    public internal(set) var maxGossip = 0

    /// Counts the deltas that begin in some bytes, except those whose name is cut.
    mutating func noteDeltas(in bytes: [UInt8]) {
        let mark = [UInt8]("\"mode\":\"".utf8)
        var index = 0
        while index + mark.count < bytes.count {
            if bytes[index] == mark[0], bytes[index..<index + mark.count].elementsEqual(mark) {
                switch bytes[index + mark.count] {
                case UInt8(ascii: "l"): logs += 1
                case UInt8(ascii: "s"): states += 1
                default: resets += 1
                }
            }
            index += 1
        }
    }

    public mutating func add(_ other: Counts) {
        for field in Self.fields { self[keyPath: field.path] += other[keyPath: field.path] }
        maxGossip = max(maxGossip, other.maxGossip)
    }

    public var description: String {
        let sums = Self.fields.map { "\($0.name) \(self[keyPath: $0.path])" }
        return (sums + ["gossip at most \(maxGossip)"]).joined(separator: ", ")
    }

    private typealias Field = (name: String, path: WritableKeyPath<Counts, Int>)

    private static var fields: [Field] {
        [
            ("logs", \.logs), ("states", \.states), ("resets", \.resets), ("bytes", \.bytes), ("purges", \.purges),
            ("starts", \.starts), ("twins", \.twins), ("retired names", \.retired), ("silenced names", \.silenced),
            ("ended", \.ended),
            ("intrusions", \.intrusions), ("disturbed lines", \.disturbed),
            ("resurrected", \.resurrected), ("lost", \.lost), ("diverged", \.diverged), ("reported", \.reported),
            ("expired", \.expired), ("refused", \.refused),
            ("batches", \.batches), ("batches undone", \.batchesUndone), ("conflicts", \.conflicts),
        ]
    }
}
