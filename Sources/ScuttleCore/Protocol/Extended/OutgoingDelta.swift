/// A delta that a session sends.
///
/// It stores its cursor alone: an index in the history for a log delta, otherwise a sequence in the order of arrival.
/// Updates that arrive meanwhile are at the end of the walk, so a delta for a slow reader is never outdated. A class,
/// because few links have one at a time.
final class OutgoingDelta {
    let mode: DeltaMode
    /// The GC epoch and nonce of the peer's request.
    let epoch: UInt64
    var nonce: UInt64

    /// This replica's GC epoch that the peer's progress belongs to.
    var kind: UInt64
    /// The sequence up to which the peer lacks nothing.
    let start: UInt64
    /// The latest sequence at the start of the delta.
    let begun: Arrivals.Sequence
    /// The position of the delta.
    var cursor: UInt64

    /// The check of the updates since the head or the latest mark, and the distance to the next mark.
    var check = LineCheck()
    var spacing = MarkSpacing()

    /// The next item of the vector in the commit, the generation of the retired table at its first item, and the length
    /// of the next line on a stream.
    var item = 0
    var generation: UInt32 = 0
    /// The exceptions of the commit, since its first item. They are items behind those of the vector.
    var excepted: [CommitException] = []
    /// The fingerprint of the exceptions at that time.
    var exceptedFingerprint: UInt64 = 0
    var lineLength = SendBudget.minLine

    /// Whether a part of the commit was sent.
    var hasVouched = false
    /// Whether the delta had content that the peer lacked, as far as is known, since the peer's latest vector.
    var hasContent = false
    /// Whether the commit was sent and nothing has arrived since.
    private(set) var isIdle = false
    /// Whether a datagram delta continues with new updates, after its end.
    private(set) var isLive = false

    /// Whether the head is pending.
    var headIsDue = true

    /// In datagrams: the ranges to send again, which precede the cursor; the number of datagrams left in the window;
    /// and the window.
    var missing: [SequenceRange] = []
    var left = OutgoingDelta.windowLength
    var window: UInt64 = 1
    var isPaused = false

    static var windowLength: Int { Progress.maxRanges }
    /// The number of datagrams at the end of a window that request a vector, because they and the vectors may be lost.
    /// It is higher if much of the window before was lost.
    private var flagged = OutgoingDelta.minFlagged
    private static var minFlagged: Int { 3 }
    /// The cursor at the first of them.
    private var flaggedFrom: UInt64 = .max

    init(
        _ mode: DeltaMode, epoch: UInt64, nonce: UInt64, kind: UInt64, start: UInt64, begun: Arrivals.Sequence
    ) {
        self.begun = begun
        self.mode = mode
        self.epoch = epoch
        self.nonce = nonce
        self.kind = kind
        self.start = start
        cursor = start
    }

    /// The number of pending updates, as far as it is known without looking for them.
    func backlog(in replica: Store) -> Int {
        mode.hasCovers
            ? Int(truncatingIfNeeded: replica.history.end &- cursor) : replica.arrivals.count(after: cursor)
    }

    /// The check of a mark at the cursor.
    var sealedCheck: LineCheck {
        var sealed = check
        sealed.seal(start)
        sealed.seal(cursor)
        return sealed
    }

    /// The window that the next datagram ends; 0 if it ends none.
    var endingWindow: UInt64 { left <= flagged ? window : 0 }

    /// Counts a datagram that was sent.
    func countDatagram() {
        if left == flagged { flaggedFrom = cursor }
        left -= 1
        isPaused = left <= 0
    }

    /// Continues from the peer's progress: behind the last of its ranges, and in the gaps before them first. No entry
    /// has a sequence above `last`, whatever the peer states.
    func resume(from progress: Progress, last: Arrivals.Sequence, epoch: UInt64) {
        let sent = cursor
        cursor = min(max(start, progress.sequence), last)
        missing = []
        for range in progress.ranges where range.until > cursor && range.until <= last {
            if range.from > cursor { missing.append(SequenceRange(from: cursor, until: range.from)) }
            cursor = range.until
        }
        flagged = min(Self.minFlagged + missing.count * 3 / 4, Self.windowLength / 4)
        // Datagrams behind the one that the vector was sent for may still be on their way. The next vector states that.
        if progress.window > 0, cursor >= flaggedFrom, cursor < sent { cursor = sent }
        // Progress in the commit belongs to an earlier commit, if the peer stated it before it had all up to the start,
        // or before a purge here.
        item = start > progress.sequence || progress.epoch < epoch ? 0 : progress.item
        hasContent = item > 0
    }

    /// Returns to entries, by their sequences in order: in datagrams as gaps, which are sent first.
    func rewind(to arrivals: [Arrivals.Sequence], inGaps: Bool) {
        let gaps = missing
        for arrival in arrivals where arrival <= cursor {
            guard inGaps else {
                cursor = arrival - 1
                return
            }
            if Self.contains(gaps, arrival) { continue }
            missing.append(SequenceRange(from: arrival - 1, until: arrival))
        }
    }

    /// Whether a sequence is in one of the ranges, which ascend. O(log n).
    @inline(never)
    static func contains(_ ranges: [SequenceRange], _ sequence: UInt64) -> Bool {
        let index = ranges.indices.partition { ranges[$0].until >= sequence }
        return index < ranges.count && ranges[index].from < sequence
    }

    /// Begins the next window, because the peer has sent its progress.
    func openWindow() {
        window &+= 1
        left = Self.windowLength
        flaggedFrom = .max
        isPaused = false
        isIdle = false
    }

    /// Marks the delta as complete. In datagrams a live link continues it.
    func becomeIdle() {
        item = 0
        (isIdle, isLive) = (true, true)
    }

    /// Makes the commit begin anew at its first item.
    func beginCommit() {
        item = 0
        exceptedFingerprint = 0
        hasVouched = false
    }

    /// Begins the delta anew at its start.
    func restart(kind: UInt64) {
        self.kind = kind
        (cursor, item, missing, flaggedFrom) = (start, 0, [], .max)
        hasVouched = false
        headIsDue = true
        check = LineCheck()
    }
}

extension OutgoingDelta {
    /// Whether something is pending.
    func hasMore(in replica: Store) -> Bool {
        !isPaused && (!isIdle || cursor < replica.arrivals.last)
    }
}
