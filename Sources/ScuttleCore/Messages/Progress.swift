/// The progress of the state or reset deltas of one incarnation of a peer, over all links: in the entries, and in the commit
/// behind them.
public struct Progress: Equatable {
    /// The incarnation of the sender of these deltas, and the sender's GC epoch that their heads name.
    public var incarnation: UInt64
    public var epoch: UInt64
    /// The receiver has everything up to this sequence of the sender's, and everything in these ranges above it.
    public var sequence: UInt64
    public var ranges: [SequenceRange]
    /// The next item of the commit.
    public var item: Int
    /// In datagrams: the window that this progress is reported for; 0: none.
    public var window: UInt64
    /// The mode of these deltas.
    public var mode: DeltaMode

    /// The number of datagrams that a sender sends before it waits for progress.
    public static var maxRanges: Int { RangeSet.maxCount }

    public init(
        incarnation: UInt64, mode: DeltaMode, epoch: UInt64, sequence: UInt64, ranges: [SequenceRange] = [],
        item: Int = 0, window: UInt64 = 0
    ) {
        self.incarnation = incarnation
        self.mode = mode
        self.epoch = epoch
        self.sequence = sequence
        self.ranges = ranges
        self.item = item
        self.window = window
    }
}
