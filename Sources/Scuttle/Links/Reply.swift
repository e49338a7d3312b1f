/// An answer to a peer's question, on its way out.
///
/// Nothing of it is stored but where it is: a number in the history for a log, a stamp in the order of arrival for a state
/// or reset answer. What arrives meanwhile is met at the end, so an answer that waits for a slow reader is never old.
struct Reply {
    let mode: AnswerMode
    /// Which state or reset answer it is.
    private(set) var id: UInt64
    /// The question's life and epoch.
    let life: UInt64
    let epoch: UInt64

    /// Where it began, and how far it is.
    let start: UInt64
    var cursor: UInt64
    /// The stamp given last when it began.
    let begun: Arrivals.Stamp

    /// The next source whose clock entry is to be said, when all updates are out.
    var source = 0

    /// Something of the commit has gone out.
    var hasVouched = false

    /// The peer has not been told yet what follows.
    var headIsDue = true

    /// In datagrams: how many more go out before the peer has to say what came.
    var window = Reply.widestWindow
    var isPaused = false

    static var widestWindow: Int { 64 }

    /// Updates to come, as far as can be told without looking at them.
    func backlog(in replica: Replica) -> Int {
        mode == .log
            ? Int(truncatingIfNeeded: replica.history.end &- cursor) : replica.arrivals.count(after: cursor)
    }

    /// Goes back to where it began, as another answer: what was vouched for under the first id counts no more.
    mutating func startAnew(as id: UInt64) {
        self.id = id
        (cursor, source) = (start, 0)
        hasVouched = false
        headIsDue = true
    }

    /// Goes on where the peer says that it has come to.
    mutating func resume(from progress: Progress?) {
        if let progress, progress.answer == id {
            cursor = max(start, min(cursor, progress.stamp))
            source = min(source, progress.source)
        } else {
            (cursor, source) = (start, 0)
        }
        headIsDue = true
        window = Self.widestWindow
        isPaused = false
    }
}
