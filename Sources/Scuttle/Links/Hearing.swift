/// What a link knows of the answer that is coming in. Owns a reference to each record that waits in it.
struct Hearing: ~Copyable {
    /// What the updates that come belong to; nil: to nothing yet.
    private(set) var head: AnswerHead?

    /// The updates that have come since the head.
    private var heard: UInt64 = 0

    /// The state or reset answer that is coming in.
    private var heardAnswer: HeardAnswer?
    var answer: AnswerHead? { heardAnswer?.head }
    var stamp: UInt64 { heardAnswer?.come.end ?? 0 }
    var nextSource: Int { heardAnswer?.nextSource ?? 0 }
    var claims: [HeardAnswer.Claim] { heardAnswer?.claims ?? [] }

    /// News of a log that waits for its cover.
    private(set) var pending: [Record] = []
    private var isPendingClosed = false
    /// Some was let go, since there was too much of it.
    private(set) var hasLostPending = false
    private static var mostPending: Int { 1024 }

    /// Sources of which something was refused, so that the answer vouches for them no more.
    private var excluded: [Bool] = []
    var excludesAll = false

    deinit {
        for record in pending { record.release() }
    }

    /// To be said with a question: how much of an answer in datagrams has come.
    var progress: Progress? {
        answer.map { Progress(answer: $0.answer, stamp: stamp, source: nextSource) }
    }

    mutating func begin(_ head: AnswerHead) {
        closeSpan()
        dropPending()
        let isNew = head.mode == .log || head.answer != answer?.answer
        if isNew {
            excluded = []
            excludesAll = false
        }
        if isNew, head.mode != .log {
            endAnswer()
            heardAnswer = HeardAnswer(head)
        }
        self.head = head
        heard = 0
    }

    /// An update of the head's has come, whatever became of it.
    mutating func noteUpdate() {
        heard += 1
    }

    /// The updates of the head's span are in, if none is missing.
    private mutating func closeSpan() {
        guard let head, head.mode != .log, let span = head.span, heard >= span.count, !excludesAll else { return }
        heardAnswer?.come.add(from: span.from, until: span.until)
    }

    /// Nothing in a datagram belongs to another one.
    mutating func endDatagram() {
        closeSpan()
        excludesAll = false
        head = nil
        dropPending()
    }

    /// The state or reset answer is of no use any more, or complete.
    mutating func endAnswer() {
        dropPending()
        head = nil
        heardAnswer = nil
    }

    // MARK: News of a log

    /// Takes over the caller's reference.
    mutating func hold(_ record: Record) {
        if isPendingClosed { dropPending() }
        if pending.count == Self.mostPending {
            dropPending()
            hasLostPending = true
        }
        pending.append(record)
    }

    mutating func closePending() {
        isPendingClosed = true
    }

    private mutating func dropPending() {
        for record in pending { record.release() }
        pending = []
        isPendingClosed = false
        hasLostPending = false
    }

    // MARK: What was refused

    mutating func exclude(_ source: SourceID) {
        let id = Int(source)
        if excluded.count <= id { excluded += Array(repeating: false, count: id + 1 - excluded.count) }
        excluded[id] = true
    }

    func excludes(_ source: SourceID) -> Bool {
        excludesAll || (Int(source) < excluded.count && excluded[Int(source)])
    }

    // MARK: Reset and commit

    func keep(_ key: KeyID, _ arrival: Arrivals.Stamp) {
        heardAnswer?.keep(key, arrival)
    }

    /// The arrival of the entry that the peer has too; 0 where it has none of this key.
    func kept(_ key: KeyID) -> Arrivals.Stamp {
        heardAnswer?.kept(key) ?? 0
    }

    /// Takes a part of the commit; true where all of it is there, and holds.
    mutating func take(_ part: CommitPart, _ ids: [SourceID?], isDatagram: Bool) -> Bool {
        if isDatagram { closeSpan() } else { heardAnswer?.come.jump(to: part.stamp) }
        return heardAnswer?.take(part, ids) ?? false
    }
}
