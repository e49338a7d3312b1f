/// The protocol rules that a test disables, one at a time, to see that the simulator notices. In the shipped library the set is
/// always empty and costs nothing.
public struct DisabledRules: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// An interval counts although it does not join on to the vector.
    public static let covers = DisabledRules(rawValue: 1)
    /// The updates of a state delta count as they arrive, without its commit.
    public static let commit = DisabledRules(rawValue: 2)
    /// A superseded update is sent without its winner.
    public static let matters = DisabledRules(rawValue: 4)
    /// Uncovered updates enter the history, so a log delta vouches for them.
    public static let ownCover = DisabledRules(rawValue: 8)
    /// A reset removes no entries.
    public static let removal = DisabledRules(rawValue: 16)
    /// A lagging replica republishes nothing.
    public static let republish = DisabledRules(rawValue: 32)
    /// A delta counts although a tombstone was purged after its request.
    public static let epoch = DisabledRules(rawValue: 64)
    /// Out-of-order entries are not sent.
    public static let ahead = DisabledRules(rawValue: 128)
    /// A delta continues although a tombstone was purged after it began.
    public static let restart = DisabledRules(rawValue: 256)
    /// A republished write has a new timestamp.
    public static let timestamp = DisabledRules(rawValue: 512)
    /// An entry that has beaten a newer dot is not republished.
    public static let inversion = DisabledRules(rawValue: 1024)
    /// A start from a save keeps the source of the previous incarnation.
    public static let incarnation = DisabledRules(rawValue: 2048)
    /// Deltas are sent without line checks.
    public static let check = DisabledRules(rawValue: 4096)
    /// Peers do not compare their contents.
    public static let content = DisabledRules(rawValue: 8192)
    /// A delta counts without an open request.
    public static let request = DisabledRules(rawValue: 16384)
    /// An expiry has a timestamp of its own.
    public static let expiry = DisabledRules(rawValue: 32768)
    /// The progress of a delta on one link does not count on another.
    public static let progress = DisabledRules(rawValue: 65536)

    public static let all: [(name: String, rule: DisabledRules)] = [
        ("covers", .covers), ("commit", .commit), ("matters", .matters), ("own-cover", .ownCover),
        ("removal", .removal), ("republish", .republish), ("epoch", .epoch), ("ahead", .ahead), ("restart", .restart),
        ("timestamp", .timestamp), ("inversion", .inversion), ("incarnation", .incarnation), ("check", .check),
        ("content", .content), ("request", .request), ("expiry", .expiry),
        ("progress", .progress),
    ]
}

extension Configuration {
    #if !DEBUG
        var disabledRules: DisabledRules { [] }
    #endif
}
