/// What a link knows of the delta that is coming in. Owns a reference to each record that waits in it.
struct IncomingDelta: ~Copyable {
    /// What is kept of the head of a delta.
    struct Head {
        let mode: DeltaMode
        let hasSpan: Bool
        let hasCheck: Bool
        /// Of the request that it answers.
        let epoch: UInt64
        let nonce: UInt64
        let delta: UInt64
        /// In datagrams: which updates follow, and what they are.
        fileprivate let from: UInt64
        fileprivate let until: UInt64
        fileprivate let check: LineCheck

        fileprivate init(_ head: DeltaHead) {
            mode = head.mode
            (hasSpan, hasCheck) = (head.span != nil, head.check != nil)
            (epoch, nonce, delta) = (head.epoch, head.nonce, head.delta)
            (from, until) = (head.span?.from ?? 0, head.span?.until ?? 0)
            check = head.check ?? LineCheck()
        }
    }

    /// What the updates that come belong to; nil: to nothing yet.
    private(set) var head: Head?

    /// The updates that have come since the head, or since the latest cover.
    private var check = LineCheck()

    /// Of a datagram: it answers no open request, and is dropped.
    var isDropped = false

    /// The state, reset or contents delta that is coming in.
    private var transfer: StateTransfer?
    var delta: DeltaHead? { transfer?.head }
    var sequence: UInt64 { transfer?.come.end ?? 0 }
    var nextSource: Int { transfer?.nextSource ?? 0 }
    var begun: Arrivals.Stamp { transfer?.begun ?? 0 }
    var claims: [StateTransfer.Claim] { transfer?.claims ?? [] }
    var retired: [RetiredClaim] { transfer?.retired ?? [] }

    /// Updates of a log that wait for their cover.
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

    /// To be said with a request: how much of a delta in datagrams has come.
    var progress: Progress? {
        delta.map { Progress(delta: $0.delta, sequence: sequence, source: nextSource) }
    }

    /// - Parameter last: the sequence given last here.
    mutating func begin(_ head: DeltaHead, at last: Arrivals.Stamp) {
        closeSpan()
        dropPending()
        let isNew = !head.mode.endsWithCommit || head.delta != delta?.delta
        if isNew {
            excluded = []
            excludesAll = false
        }
        if isNew, head.mode.endsWithCommit {
            endDelta()
            transfer = StateTransfer(head, begun: last)
        }
        self.head = Head(head)
        check = LineCheck()
    }

    /// A head that answers no open request: what follows belongs to nothing.
    mutating func endHead() {
        closeSpan()
        dropPending()
        head = nil
    }

    /// An update of the head's has come, whatever became of it. O(length of its line).
    @inline(__always)
    mutating func note(line: Bytes) {
        check.add(line)
    }

    /// Whether the updates since the head, or since the latest cover, are those that the peer has sent. Begins anew.
    mutating func takeCheck(_ expected: LineCheck?) -> Bool {
        defer { check = LineCheck() }
        return expected.map { $0 == check } ?? true
    }

    /// The updates of the head's span are in, if they are those that were sent.
    private mutating func closeSpan() {
        guard let head, head.mode.endsWithCommit, head.hasSpan, head.hasCheck, takeCheck(head.check), !excludesAll
        else { return }
        transfer?.come.add(from: head.from, until: head.until)
    }

    /// Nothing in a datagram belongs to another one.
    mutating func endDatagram() {
        closeSpan()
        excludesAll = false
        isDropped = false
        head = nil
        dropPending()
    }

    /// The state, reset or contents delta is of no use any more, or complete.
    mutating func endDelta() {
        dropPending()
        head = nil
        transfer = nil
        excluded = []
    }

    /// Everything in the state, reset or contents delta so far counts for nothing: it is void, and begins anew.
    mutating func dropTransfer() {
        transfer = nil
    }

    // MARK: Updates of a log

    /// Takes over the caller's reference.
    mutating func hold(_ record: Record) {
        if isPendingClosed { dropPending() }
        if pending.count == Self.mostPending {
            dropPending()
            hasLostPending = true
        }
        pending.append(record)
    }

    /// An update was accounted for that the history will not have.
    mutating func leaveOut() {
        if isPendingClosed { dropPending() }
        hasLostPending = true
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

    /// A source is known by its hash alone from now on: nothing here may name it.
    mutating func forget(_ source: SourceID) {
        transfer?.forget(source)
        if Int(source) < excluded.count { excluded[Int(source)] = false }
        guard pending.contains(where: { $0.source == source || $0.timestamp.source == source }) else { return }
        dropPending()
        hasLostPending = true
    }

    // MARK: What was refused

    mutating func exclude(_ source: SourceID) {
        let id = Int(source)
        if excluded.count <= id { excluded += Array(repeating: false, count: id + 1 - excluded.count) }
        excluded[id] = true
    }

    func excludes(_ source: SourceID) -> Bool {
        excludesAll || hasRefused(source)
    }

    /// Whether something of this very source was refused.
    func hasRefused(_ source: SourceID) -> Bool {
        Int(source) < excluded.count && excluded[Int(source)]
    }

    // MARK: Reset and commit

    var contradictions: [KeyID] { transfer?.contradictions ?? [] }

    func noteContradiction(_ key: KeyID) {
        transfer?.contradictions.append(key)
    }

    func keep(_ key: KeyID, _ arrival: Arrivals.Stamp) {
        transfer?.keep(key, arrival)
    }

    /// The arrival of the entry that the peer has too; 0 where it has none of this key.
    func kept(_ key: KeyID) -> Arrivals.Stamp {
        transfer?.kept(key) ?? 0
    }

    /// Takes a part of the commit; true where all of it is there, and holds.
    mutating func take(_ part: CommitPart, _ ids: [SourceID?], isDatagram: Bool) -> Bool {
        if isDatagram { closeSpan() } else { transfer?.come.jump(to: part.sequence) }
        return transfer?.take(part, ids) ?? false
    }
}
