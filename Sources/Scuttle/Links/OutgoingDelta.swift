/// A delta on its way out.
///
/// Nothing of it is stored but where it is: a number in the history for a log, a sequence in the order of arrival otherwise.
/// What arrives meanwhile is met at the end, so a delta that waits for a slow reader is never old.
struct OutgoingDelta {
    let mode: DeltaMode
    /// Which one it is, if it ends with a commit.
    private(set) var id: UInt64
    /// The request of the peer's that it answers.
    let epoch: UInt64
    var nonce: UInt64

    /// Where it began, and how far it is.
    let start: UInt64
    var cursor: UInt64
    /// The sequence given last when it began.
    let begun: Arrivals.Stamp

    /// The updates since the head.
    var check = LineCheck()

    /// The next item of the vector that is to be said, when all updates are out; and the generation of its retired ones.
    var source = 0
    var generation: UInt32 = 0

    /// Something of the commit has gone out.
    var hasVouched = false

    /// The peer has not been told yet what follows.
    var headIsDue = true

    /// In datagrams: how many more go out before the peer has to say what came.
    var window = Int8(truncatingIfNeeded: OutgoingDelta.widestWindow)
    var isPaused = false

    static var widestWindow: Int { 64 }

    /// Updates to come, as far as can be told without looking at them.
    func backlog(in replica: Replica) -> Int {
        mode == .log
            ? Int(truncatingIfNeeded: replica.history.end &- cursor) : replica.arrivals.count(after: cursor)
    }

    /// Goes back to where it began, as another delta: what was vouched for under the first id counts no more.
    mutating func startAnew(as id: UInt64) {
        self.id = id
        (cursor, source) = (start, 0)
        hasVouched = false
        headIsDue = true
        check = LineCheck()
    }

    /// One more datagram has gone out. A stream needs no window, and may take any number of batches.
    mutating func countDatagram() {
        if window > 0 { window -= 1 }
    }

    /// Goes on where the peer says that it has come to.
    mutating func resume(from progress: Progress?) {
        if let progress, progress.delta == id {
            cursor = max(start, min(cursor, progress.sequence))
            source = min(source, progress.source)
        } else {
            (cursor, source) = (start, 0)
        }
        headIsDue = true
        window = Int8(truncatingIfNeeded: Self.widestWindow)
        isPaused = false
    }
}
