/// Where the updates of a delta come from, and so what makes them count.
public enum DeltaMode: UInt8, CaseIterable {
    /// The history: covers count as they come.
    case log
    /// The entries that the peer lacks: only the whole of them, by a commit.
    case state
    /// All entries: only the whole of them, and what is not among them goes.
    case reset
    /// What a replica that lags can send before it has taken the peer's reset. Vouches for nothing.
    case early
    /// All entries, to a peer whose vector is equal and whose contents are not: the resolver decides again.
    case contents

    /// Whether a commit ends it.
    public var endsWithCommit: Bool { self == .state || self == .reset || self == .contents }
    /// Whether it is a part of the history, and its updates wait for a cover.
    var hasCovers: Bool { self == .log }
    /// Whether it accounts for the dots of its updates.
    var claimsVector: Bool { self != .contents }
    /// Whether it holds what the peer has, too.
    var isWhole: Bool { self == .reset || self == .contents }
}
