/// "What follows is all of this replica."
public struct ExportHead {
    public var source: Bytes
    public var lamport: Version
    public var incarnation: UInt64
    /// A peer may be there that knows the classic dialect alone.
    public var hasMetClassic: Bool
    /// The latest tick of its host; nil before the first.
    public var now: UInt64?

    public init(source: Bytes, lamport: Version, incarnation: UInt64, hasMetClassic: Bool, now: UInt64?) {
        self.source = source
        self.lamport = lamport
        self.incarnation = incarnation
        self.hasMetClassic = hasMetClassic
        self.now = now
    }
}

/// Of an export: how far a delta has come, and which entries of the export a reset has named.
public struct SavedProgress {
    public var progress: Progress
    /// Entries in the order of the export, as counts that take turns: so many were not named, so many were named as they are
    /// here, and of so many the peer has another entry. Each line of several counts from the first entry on.
    public var named: [UInt64]

    public init(_ progress: Progress, named: [UInt64] = []) {
        self.progress = progress
        self.named = named
    }
}
