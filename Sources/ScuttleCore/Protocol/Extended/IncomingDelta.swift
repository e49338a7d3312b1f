/// What a session knows of the delta that is coming in.
struct IncomingDelta: ~Copyable {
    /// What is kept of the head of a delta.
    struct Head {
        /// Of the request that it answers.
        let epoch: UInt64
        let nonce: UInt64
        /// Of a delta that ends with a commit: the sequence up to which nothing is lacked; and in a datagram the range of the
        /// updates that follow, and their check.
        fileprivate let start: UInt64
        fileprivate let from: UInt64
        fileprivate let until: UInt64
        fileprivate let withheld: UInt64
        fileprivate let check: LineCheck?
        let mode: DeltaMode
        /// What follows goes on with the transfer, without a gap that nobody would notice.
        fileprivate(set) var counts: Bool

        fileprivate init(_ head: DeltaHead, counts: Bool) {
            mode = head.mode
            (epoch, nonce) = (head.epoch, head.nonce)
            (start, from, until) = head.span ?? (0, 0, 0)
            check = head.check
            withheld = head.withheld
            self.counts = counts
        }
    }

    /// What the updates that come belong to; nil: to nothing yet.
    private(set) var head: Head?
    /// Of a datagram: it answers no open request, and is dropped.
    var isDropped = false
    /// The link has begun anew in the middle of a conversation: what answers the requests of before is nobody's fault.
    var dropsUnasked = false
    /// The latest head on a stream answered no open request: a forgot behind it, which names none, does not count either.
    var isUnasked = false
    /// An update was rejected whose source is not known. Of a state delta, or in a datagram, nothing that came with it counts.
    var excludesAll = false
    /// The clock of this replica's exceptions when the delta began.
    var exceptionsBefore: UInt64 = 0

    /// The updates that have come since the head, or since the latest cover or mark.
    private var check = LineCheck()

    /// In datagrams: the latest window that the peer has said to end.
    var window: UInt64 = 0

    /// The state, reset or contents deltas of this peer, so far.
    private(set) var transfer: StateTransfer?

    /// Updates of a log that wait for their cover.
    var pending = PendingUpdates()

    /// Of a log: sources of which something was refused, so that the delta vouches for them no more.
    private var excluded = SourceSet()

    /// To be said with a request: how far the deltas of this incarnation have come; and at the end of a window, which.
    func progress(of incarnation: UInt64, withRanges: Bool, window: UInt64 = 0) -> Progress? {
        transfer.flatMap {
            // What a vector says already crosses for nothing.
            guard window > 0 || !$0.isSettled else { return nil }
            let come = $0.whole
            return Progress(
                incarnation: incarnation, mode: $0.mode, epoch: $0.kind, sequence: come.end,
                ranges: withRanges ? come.ranges : [], item: $0.nextItem, window: window)
        }
    }

    /// - Parameter last: the sequence given last here.
    mutating func begin(_ head: DeltaHead, at last: Arrivals.Stamp) {
        closeSpan()
        transfer?.settle(false)
        pending.drop()
        check = LineCheck()
        var counts = false
        if head.mode.endsWithCommit {
            counts = join(head, at: last)
        } else {
            excluded = SourceSet()
        }
        excludesAll = false
        self.head = Head(head, counts: counts)
    }

    /// Goes on with the transfer, or begins one. Whether that is without a gap.
    private mutating func join(_ head: DeltaHead, at last: Arrivals.Stamp) -> Bool {
        guard let span = head.span else { return false }
        // A datagram of an earlier GC epoch is late: what has come since counts more.
        if let transfer, head.check != nil, head.kind < transfer.kind, transfer.come.end > 0 { return false }
        guard let transfer, transfer.continues(head) else {
            // What goes on with something else than what has come here has to begin anew.
            guard span.from <= span.start || head.check != nil && transfer == nil else { return false }
            transfer = StateTransfer(head.mode, kind: head.kind, from: 0, begun: last)
            return true
        }
        // The sender knows that nothing is lacked up to the start.
        return head.check != nil || span.from <= max(transfer.whole.end, span.start)
    }

    /// A head that answers no open request: what follows belongs to nothing.
    mutating func endHead() {
        closeSpan()
        pending.drop()
        head = nil
    }

    private mutating func voidHead() {
        transfer?.settle(false)
        head?.counts = false
    }

    /// An update of the head's has come, whatever became of it. O(length of its line).
    @inline(__always)
    mutating func note(line: Bytes) {
        check.add(line)
    }

    /// Whether the updates since the head, or since the latest cover or mark, are those that the peer has sent. Begins anew.
    mutating func takeCheck(_ expected: LineCheck?) -> Bool {
        defer { check = LineCheck() }
        return expected.map { $0 == check } ?? true
    }

    /// The updates of the head's span are in, if they are those that were sent.
    private mutating func closeSpan() {
        guard let head, head.counts, let expected = head.check else { return }
        check.seal((head.start, head.from, head.until), withheld: head.withheld)
        let isRight = takeCheck(expected) && !excludesAll
        transfer?.settle(isRight)
        guard isRight else { return }
        transfer?.note(from: 0, until: head.start)
        transfer?.note(from: head.from, until: head.until, withheld: head.withheld)
    }

    /// On a stream: all up to a sequence has come, if the updates since the head or the latest mark are these. If not, a line
    /// was lost, repeated, swapped or altered: they count for nothing, nor does what follows.
    mutating func mark(upTo sequence: UInt64, _ expected: LineCheck?, isChecked: Bool) {
        guard let head, head.counts else {
            check = LineCheck()
            return
        }
        check.seal(head.start)
        check.seal(sequence)
        guard (expected != nil && takeCheck(expected)) || !isChecked else { return voidHead() }
        transfer?.settle(!excludesAll)
        if !excludesAll { transfer?.note(from: 0, until: sequence) }
    }

    /// Nothing in a datagram belongs to another one.
    mutating func endDatagram() {
        closeSpan()
        excludesAll = false
        isDropped = false
        head = nil
        pending.drop()
    }

    /// The peer is another one from now on.
    mutating func endPeer() {
        endDelta()
        window = 0
    }

    /// The delta is of no use any more, and what has come of it counts for nothing.
    mutating func endDelta() {
        pending.drop()
        head = nil
        transfer = nil
        excluded = SourceSet()
    }

    /// What has come counts no more for a commit.
    mutating func dropTransfer() {
        transfer = nil
    }

    /// Takes note of how far the delta has come.
    func seeTransfer() {
        transfer?.see()
    }

    /// What has come may rest on a message that came late: it counts no more. A delta that has gone on since it was seen stays,
    /// since one that takes long would never come to its end otherwise.
    mutating func doubtTransfer() {
        if transfer?.isUnderway != true { transfer = nil }
    }

    /// The commit of a delta has been taken. Of a state delta it remains known how far it has come.
    mutating func endCommit(isSpan: Bool) {
        if transfer?.mode == .state {
            transfer?.endCommit()
            transfer?.hasBeenWhole = true
            transfer?.contradictions = []
            // New updates go on under the head of a datagram; on a stream they have one of their own.
            if isSpan { return }
        } else {
            transfer = nil
        }
        pending.drop()
        head = nil
    }

    /// Goes on with what has come over another link.
    mutating func resume(_ transfer: StateTransfer) {
        self.transfer = transfer
    }

    mutating func takeTransfer() -> StateTransfer? {
        defer { transfer = nil }
        return transfer?.mode == .contents ? nil : transfer
    }

    /// A source is known by its hash alone from now on: nothing here may name it.
    mutating func forget(_ source: SourceID) {
        transfer?.forget(source)
        excluded.remove(source)
        pending.forget(source)
    }

    // MARK: What was refused

    mutating func exclude(_ source: SourceID) {
        if let head, head.mode.endsWithCommit {
            transfer?.exclude(source)
        } else {
            excluded.insert(source)
        }
    }

    func excludes(_ source: SourceID) -> Bool {
        if excludesAll { return true }
        if let head, head.mode.endsWithCommit { return transfer?.excludes(source) ?? true }
        return excluded.contains(source)
    }

    /// Whether something of this very source was refused.
    func hasRefused(_ source: SourceID) -> Bool {
        transfer?.excludes(source) ?? false || excluded.contains(source)
    }

    /// Whether all that its sender has for this replica has come, and was taken or refused.
    var isComplete: Bool { !excludesAll && transfer?.isComplete ?? false }

    // MARK: Reset and commit

    var contradictions: [KeyID] { transfer?.contradictions ?? [] }
    var begun: Arrivals.Stamp { transfer?.begun ?? 0 }
    var claims: [StateTransfer.Claim] { transfer?.claims ?? [] }
    var retired: [RetiredClaim] { transfer?.retired ?? [] }
    /// What the sender has not taken.
    var exceptions: ExceptionList {
        ExceptionList((transfer?.excepted ?? []).compactMap { $0.isAccounted ? nil : $0.dot })
    }
    /// The exceptions of this replica that the sender accounts for.
    var accounted: [Dot] { (transfer?.excepted ?? []).compactMap { $0.isAccounted ? $0.dot : nil } }

    func noteContradiction(_ key: KeyID) {
        transfer?.noteContradiction(key)
    }

    /// The peer has named a key: its entry here, of an arrival, or another one.
    @_optimize(speed)
    mutating func note(_ key: KeyID, _ arrival: Arrivals.Stamp) {
        if head?.counts == true, let transfer, !transfer.note(key, arrival) { voidHead() }
    }

    /// An exception that may have come with the delta is forgotten.
    mutating func lose(_ dot: Dot) {
        if transfer?.rests(on: dot) ?? false { dropTransfer() }
        if head?.mode.hasCovers == true { excluded.insert(dot.source) }
    }

    /// The peer holds an update that is refused here.
    @_optimize(speed)
    func note(refused dot: Dot) {
        if head?.mode.endsWithCommit == true { transfer?.note(refused: dot) }
    }

    /// Whether the delta has brought an update that is refused here.
    func hasRefused(_ dot: Dot) -> Bool {
        transfer?.refused?.find(dot) != nil
    }

    /// The arrival of the entry that the peer has too; 0 where it has none of this key.
    func kept(_ key: KeyID) -> Arrivals.Stamp {
        transfer?.kept(key) ?? 0
    }

    /// Takes a part of the commit; true if all of it is there, and holds.
    /// - Parameter isSpan: the updates before it are the span of a datagram, and not those up to a mark.
    mutating func take(
        _ part: CommitPart, _ ids: [SourceID?], _ exceptions: [CommitException], isSpan: Bool, isChecked: Bool
    ) -> Bool {
        if isSpan { closeSpan() } else { mark(upTo: part.sequence, part.check, isChecked: isChecked) }
        guard let head, head.counts else { return false }
        return transfer?.take(part, ids, exceptions) ?? false
    }
}
