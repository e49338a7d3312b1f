/// Rules of reconciliation that a test may switch off one at a time, to see that it would notice. Always all on in the
/// library: there this is empty, and costs nothing.
public struct DisabledRules: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// An interval counts though it does not join on.
    public static let covers = DisabledRules(rawValue: 1)
    /// A state delta counts as it comes, not when it is whole.
    public static let commit = DisabledRules(rawValue: 2)
    /// A superseded update is sent though its winner is not.
    public static let matters = DisabledRules(rawValue: 4)
    /// What is not covered enters the history, and so what is vouched for.
    public static let ownCover = DisabledRules(rawValue: 8)
    /// A reset takes nothing away.
    public static let removal = DisabledRules(rawValue: 16)
    /// A replica that lags republishes nothing.
    public static let republish = DisabledRules(rawValue: 32)
    /// A delta counts though something was forgotten since its request.
    public static let epoch = DisabledRules(rawValue: 64)
    /// What is out of order is kept to oneself.
    public static let ahead = DisabledRules(rawValue: 128)
    /// A delta goes on though something was forgotten since it began.
    public static let restart = DisabledRules(rawValue: 256)
    /// A republished write is a new one.
    public static let timestamp = DisabledRules(rawValue: 512)
    /// An entry that has beaten a newer dot is left as it is.
    public static let inversion = DisabledRules(rawValue: 1024)
    /// A start from a save goes on under the old source.
    public static let incarnation = DisabledRules(rawValue: 2048)
    /// Deltas are not counted and hashed.
    public static let check = DisabledRules(rawValue: 4096)
    /// Contents are not compared.
    public static let content = DisabledRules(rawValue: 8192)
    /// A delta counts whatever request it answers.
    public static let request = DisabledRules(rawValue: 16384)
    /// An expiry is a new write.
    public static let expiry = DisabledRules(rawValue: 32768)
    /// What has come of a delta on one link counts on no other.
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
