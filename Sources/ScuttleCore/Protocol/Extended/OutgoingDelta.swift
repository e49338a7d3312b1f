/// A delta on its way out.
///
/// Nothing of it is stored but where it is: a number in the history for a log, a sequence in the order of arrival otherwise.
/// What arrives meanwhile is met at the end, so a delta that waits for a slow reader is never old. An object of its own, since
/// few links have one at a time.
final class OutgoingDelta {
    let mode: DeltaMode
    /// The request of the peer's that it answers.
    let epoch: UInt64
    var nonce: UInt64

    /// This replica's GC epoch that the peer's progress is told under.
    var kind: UInt64
    /// The peer lacks nothing that arrived up to here.
    let start: UInt64
    /// The sequence given last when it began.
    let begun: Arrivals.Stamp
    /// How far it is.
    var cursor: UInt64

    /// The updates since the head, or since the latest mark; and when the next mark is due.
    var check = LineCheck()
    var spacing = MarkSpacing()

    /// The next item of the vector that is to be said, when all updates are out; the generation of its retired ones; and how
    /// long the next line may be on a stream.
    var item = 0
    var generation: UInt32 = 0
    /// What the commit says of exceptions, since its first item: items of their own, behind those of the vector.
    var excepted: [CommitException] = []
    /// What these were taken from, as a mark.
    var exceptedFingerprint: UInt64 = 0
    var lineLength = SendBudget.minLine

    /// Something of the commit has gone out.
    var hasVouched = false
    /// In answer to the peer's latest vector something has gone out that it lacked, as far as is known.
    var hasContent = false
    /// The commit has gone out, and nothing has arrived since: it waits for what comes.
    private(set) var isIdle = false
    /// In datagrams: it has come to its end before, and goes on with what is new.
    private(set) var isLive = false

    /// The peer has not been told yet what follows; and not that tombstones were forgotten since this GC epoch, of which it may
    /// have been sent some.
    var headIsDue = true
    var purgedSince: UInt64?

    /// In datagrams: what did not come, and goes first; how many more go out before the peer has to say what has come; and
    /// which window that is.
    var missing: [SequenceRange] = []
    var left = OutgoingDelta.windowLength
    var window: UInt64 = 1
    var isPaused = false

    static var windowLength: Int { Progress.maxRanges }
    /// So many datagrams at the end of a window say so, since they and their answers may be lost: each is answered. More of
    /// them if much of the window before was lost.
    private var flagged = OutgoingDelta.minFlagged
    private static var minFlagged: Int { 3 }
    /// How far the delta was when the first of them went out.
    private var flaggedFrom: UInt64 = .max

    init(
        _ mode: DeltaMode, epoch: UInt64, nonce: UInt64, kind: UInt64, start: UInt64, begun: Arrivals.Stamp
    ) {
        self.begun = begun
        self.mode = mode
        self.epoch = epoch
        self.nonce = nonce
        self.kind = kind
        self.start = start
        cursor = start
    }

    /// Updates to come, as far as can be told without looking at them.
    func backlog(in replica: Store) -> Int {
        mode.hasCovers
            ? Int(truncatingIfNeeded: replica.history.end &- cursor) : replica.arrivals.count(after: cursor)
    }

    /// What a mark at the cursor says of the updates before it.
    var sealedCheck: LineCheck {
        var sealed = check
        sealed.seal(start)
        sealed.seal(cursor)
        return sealed
    }

    /// Which window a datagram that goes out now says that it ends; 0: none.
    var endingWindow: UInt64 { left <= flagged ? window : 0 }

    /// One more datagram has gone out.
    func countDatagram() {
        if left == flagged { flaggedFrom = cursor }
        left -= 1
        isPaused = left <= 0
    }

    /// Goes on where the peer says that it has come to: behind the last of its ranges, and in the gaps before them first.
    /// Nothing has arrived behind `last`, whatever the peer says.
    func resume(from progress: Progress, last: Arrivals.Stamp, epoch: UInt64) {
        let sent = cursor
        cursor = min(max(start, progress.sequence), last)
        missing = []
        for range in progress.ranges where range.until > cursor && range.until <= last {
            if range.from > cursor { missing.append(SequenceRange(from: cursor, until: range.from)) }
            cursor = range.until
        }
        flagged = min(Self.minFlagged + missing.count * 3 / 4, Self.windowLength / 4)
        // What followed the flagged datagram that is answered may still be on its way; the next answer says so.
        if progress.window > 0, cursor >= flaggedFrom, cursor < sent { cursor = sent }
        // What the peer said before it had all up to the start, or before something was forgotten here, is of an earlier commit.
        item = start > progress.sequence || progress.epoch < epoch ? 0 : progress.item
        hasContent = item > 0
    }

    /// Goes back to entries, by their arrivals in order: in datagrams as gaps, which go out first.
    func rewind(to arrivals: [Arrivals.Stamp], inGaps: Bool) {
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

    /// Whether a sequence is in one of some ranges, which ascend. O(log n).
    @inline(never)
    static func contains(_ ranges: [SequenceRange], _ sequence: UInt64) -> Bool {
        let index = ranges.indices.partition { ranges[$0].until >= sequence }
        return index < ranges.count && ranges[index].from < sequence
    }

    /// The peer has said what has come of the window: the next one.
    func openWindow() {
        window &+= 1
        left = Self.windowLength
        flaggedFrom = .max
        isPaused = false
        isIdle = false
    }

    /// All has gone out; in datagrams a live link goes on with it.
    func becomeIdle() {
        item = 0
        (isIdle, isLive) = (true, true)
    }

    /// The commit has to be said from its first item on.
    func beginCommit() {
        item = 0
        exceptedFingerprint = 0
        hasVouched = false
    }

    /// Goes back to where it began.
    func restart(kind: UInt64) {
        self.kind = kind
        (cursor, item, missing, flaggedFrom) = (start, 0, [], .max)
        hasVouched = false
        headIsDue = true
        purgedSince = nil
        check = LineCheck()
    }
}

extension OutgoingDelta {
    /// Whether something is to go out now.
    func hasMore(in replica: Store) -> Bool {
        !isPaused && (!isIdle || cursor < replica.arrivals.last)
    }
}
