/// The source of a delta's updates, and so the message that makes them count.
public enum DeltaMode: UInt8, CaseIterable {
    /// The history. Each cover counts when it arrives.
    case log
    /// The entries that the peer lacks. They count as a whole, by a commit.
    case state
    /// All entries. They count as a whole, by a commit, and the receiver drops the entries that are not among them.
    case reset
    /// The updates that a lagging replica sends before it has applied the peer's reset. They account for no dot.
    case early
    /// All entries, for a peer whose vector is equal and whose contents differ. The resolver decides again.
    case contents

    /// Whether a commit ends the delta.
    public var endsWithCommit: Bool { self == .state || self == .reset || self == .contents }
    /// Whether the updates wait for a cover.
    var hasCovers: Bool { self == .log }
    /// Whether the delta accounts for the dots of its updates.
    var claimsVector: Bool { self != .contents }
    /// Whether the delta holds entries that the peer has, too.
    var isWhole: Bool { self == .reset || self == .contents }
}
