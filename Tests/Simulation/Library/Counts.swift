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
    public internal(set) var forgotten = 0
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
    /// Differences that remained and were reported to both hosts.
    public internal(set) var told = 0
    /// The maximum of a gossip round: its bytes for each byte of state.
    public internal(set) var mostTalk = 0

    /// Counts the deltas that begin in some bytes, except those whose name is cut.
    mutating func noteDeltas(in bytes: [UInt8]) {
        let mark = [UInt8]("\"mode\":\"".utf8)
        var place = 0
        while place + mark.count < bytes.count {
            if bytes[place] == mark[0], bytes[place..<place + mark.count].elementsEqual(mark) {
                switch bytes[place + mark.count] {
                case UInt8(ascii: "l"): logs += 1
                case UInt8(ascii: "s"): states += 1
                default: resets += 1
                }
            }
            place += 1
        }
    }

    public mutating func add(_ other: Counts) {
        for field in Self.fields { self[keyPath: field.path] += other[keyPath: field.path] }
        mostTalk = max(mostTalk, other.mostTalk)
    }

    public var description: String {
        let sums = Self.fields.map { "\($0.name) \(self[keyPath: $0.path])" }
        return (sums + ["talk at most \(mostTalk)"]).joined(separator: ", ")
    }

    private typealias Field = (name: String, path: WritableKeyPath<Counts, Int>)

    private static var fields: [Field] {
        [
            ("logs", \.logs), ("states", \.states), ("resets", \.resets), ("bytes", \.bytes), ("purges", \.purges),
            ("starts", \.starts), ("twins", \.twins), ("forgotten names", \.forgotten), ("silenced names", \.silenced),
            ("ended", \.ended),
            ("intrusions", \.intrusions), ("disturbed lines", \.disturbed),
            ("resurrected", \.resurrected), ("lost", \.lost), ("diverged", \.diverged), ("told", \.told),
            ("expired", \.expired), ("refused", \.refused),
        ]
    }
}
