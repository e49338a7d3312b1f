/// Rules of reconciliation that a test may switch off one at a time, to see that it would notice. Always all on in the
/// library: there this is empty, and costs nothing.
public struct Mistakes: OptionSet, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// An interval counts though it does not join on.
    public static let covers = Mistakes(rawValue: 1)
    /// A state answer counts as it comes, not when it is whole.
    public static let commit = Mistakes(rawValue: 2)
    /// A superseded update is sent though its winner is not.
    public static let matters = Mistakes(rawValue: 4)
    /// What is not covered enters the history, and so what is vouched for.
    public static let ownCover = Mistakes(rawValue: 8)
    /// A reset takes nothing away.
    public static let removal = Mistakes(rawValue: 16)
    /// A replica that lags publishes nothing again.
    public static let restamp = Mistakes(rawValue: 32)
    /// An answer counts though something was forgotten since its question.
    public static let epoch = Mistakes(rawValue: 64)
    /// What is held ahead of the clock is kept to oneself.
    public static let ahead = Mistakes(rawValue: 128)
    /// An answer goes on though something was forgotten since it began.
    public static let restart = Mistakes(rawValue: 256)

    public static let all: [(name: String, mistake: Mistakes)] = [
        ("covers", .covers), ("commit", .commit), ("matters", .matters), ("own-cover", .ownCover),
        ("removal", .removal), ("restamp", .restamp), ("epoch", .epoch), ("ahead", .ahead), ("restart", .restart),
    ]
}

extension Configuration {
    #if !DEBUG
        var mistakes: Mistakes { [] }
    #endif
}
