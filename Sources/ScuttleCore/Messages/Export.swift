/// The head of an export.
public struct ExportHead {
    public var source: Bytes
    public var lamport: Version
    public var incarnation: UInt64
    /// Whether the replica may have a peer that knows the classic dialect alone.
    public var hasMetClassic: Bool
    /// The time of the host's latest tick; nil before the first tick.
    public var now: UInt64?
    /// What the export is a piece of; nil: it is none.
    public var piece: PieceHead?

    public init(
        source: Bytes, lamport: Version, incarnation: UInt64, hasMetClassic: Bool, now: UInt64?,
        piece: PieceHead? = nil
    ) {
        self.source = source
        self.lamport = lamport
        self.incarnation = incarnation
        self.hasMetClassic = hasMetClassic
        self.now = now
        self.piece = piece
    }
}

/// What the head of an export says of a save in pieces.
public struct PieceHead {
    /// The cursor behind this piece.
    public var cursor: Cursor
    /// The cursor behind the piece that this one goes on from; nil: this piece is whole, and replaces all before it.
    public var follows: Cursor?
    /// Whether the exceptions of this piece replace those before it.
    public var hasExceptions: Bool

    public init(cursor: Cursor, follows: Cursor?, hasExceptions: Bool) {
        (self.cursor, self.follows, self.hasExceptions) = (cursor, follows, hasExceptions)
    }
}

/// The progress of a delta in an export, and the entries of the export that a reset has named.
public struct SavedProgress {
    public var progress: Progress
    /// The lengths of runs of entries in the order of the export, which take turns: entries that the reset has not named, entries
    /// that it has named as they are here, and entries in whose place the peer has another. Each line of several counts from the
    /// first entry on.
    public var named: [UInt64]

    public init(_ progress: Progress, named: [UInt64] = []) {
        self.progress = progress
        self.named = named
    }
}
