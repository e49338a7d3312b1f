/// The state of the delta that a session receives.
struct IncomingDelta: ~Copyable {
    /// The facts of a delta's head that are needed later.
    struct Head {
        /// The GC epoch and nonce of the request.
        let epoch: UInt64
        let nonce: UInt64
        /// Of a delta with a commit: the sequence up to which this replica lacks nothing; and in a datagram the range
        /// of the updates that follow, and their check.
        fileprivate let start: UInt64
        fileprivate let from: UInt64
        fileprivate let until: UInt64
        fileprivate let withheld: UInt64
        fileprivate let check: LineCheck?
        let mode: DeltaMode
        /// Whether the updates that follow continue the transfer without an unnoticed gap.
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

    /// The head of the updates that arrive; nil if they belong to no delta.
    private(set) var head: Head?
    /// Whether the current datagram belongs to no open request, and is dropped.
    var isDropped = false
    /// Whether deltas without an open request are no error, because the link has begun anew in the middle of a
    /// conversation.
    var dropsUnrequested = false
    /// Whether the latest head on a stream belonged to no open request. A `forgot` message behind it, which names no
    /// request, does not count then.
    var isUnrequested = false
    /// Whether no claim counts, because an update of an unknown source was rejected: of a state delta, or of a
    /// datagram.
    var excludesAll = false
    /// The value of `RefusedTable.lastSequence` at the start of the delta.
    var exceptionsBefore: UInt64 = 0

    /// The check of the updates since the head, or since the latest cover or mark.
    private var check = LineCheck()

    /// The latest window that a datagram of the peer has ended.
    var window: UInt64 = 0

    /// The progress of the peer's state, reset and contents deltas.
    private(set) var transfer: StateTransfer?

    /// The updates of a log delta that wait for their cover.
    var pending = PendingUpdates()

    /// The sources whose claims a log delta loses because one of their updates was rejected.
    private var excluded = SourceSet()

    /// Returns the progress of the deltas of an incarnation, for a request or for the end of a window.
    func progress(of incarnation: UInt64, withRanges: Bool, window: UInt64 = 0) -> Progress? {
        transfer.flatMap {
            // A settled transfer is part of the vector.
            guard window > 0 || !$0.isSettled else { return nil }
            let whole = $0.whole
            return Progress(
                incarnation: incarnation, mode: $0.mode, epoch: $0.kind, sequence: whole.end,
                ranges: withRanges ? whole.ranges : [], item: $0.nextItem, window: window)
        }
    }

    /// Begins a delta, or the next part of one.
    /// - Parameter last: the latest sequence here.
    mutating func begin(_ head: DeltaHead, at last: Arrivals.Sequence) {
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

    /// Continues the transfer or begins one. Returns whether there is no gap.
    private mutating func join(_ head: DeltaHead, at last: Arrivals.Sequence) -> Bool {
        guard let span = head.span else { return false }
        // A datagram of an earlier GC epoch is late, and the transfer has made progress since.
        if let transfer, head.check != nil, head.kind < transfer.kind, transfer.received.end > 0 { return false }
        guard let transfer, transfer.continues(head) else {
            // A delta that does not continue the transfer has to begin at its start.
            guard span.from <= span.start || head.check != nil && transfer == nil else { return false }
            transfer = StateTransfer(head.mode, kind: head.kind, from: 0, begun: last)
            return true
        }
        // The sender knows that this replica lacks nothing up to the start.
        return head.check != nil || span.from <= max(transfer.whole.end, span.start)
    }

    /// Ends the updates of a head: what follows belongs to no delta.
    mutating func endHead() {
        closeSpan()
        pending.drop()
        head = nil
    }

    private mutating func voidHead() {
        transfer?.settle(false)
        head?.counts = false
    }

    /// Notes the line of an update, accepted or not. O(length of the line).
    @inline(__always)
    mutating func note(line: Bytes) {
        check.add(line)
    }

    /// Whether the updates since the head, or since the latest cover or mark, are those that the peer has sent. Begins
    /// a new check.
    mutating func matchesCheck(_ expected: LineCheck?) -> Bool {
        defer { check = LineCheck() }
        return expected.map { $0 == check } ?? true
    }

    /// Counts the updates of a datagram's span if they are those that the peer has sent.
    private mutating func closeSpan() {
        guard let head, head.counts, let expected = head.check else { return }
        check.seal((head.start, head.from, head.until), withheld: head.withheld)
        let isRight = matchesCheck(expected) && !excludesAll
        transfer?.settle(isRight)
        guard isRight else { return }
        transfer?.note(from: 0, until: head.start)
        transfer?.note(from: head.from, until: head.until, withheld: head.withheld)
    }

    /// Applies a mark of a stream: all updates up to a sequence have arrived if the check is right. Otherwise a line
    /// was lost, repeated, swapped or altered: the updates since the head or the latest mark do not count, nor do those
    /// that follow.
    mutating func mark(upTo sequence: UInt64, _ expected: LineCheck?, isChecked: Bool) {
        guard let head, head.counts else {
            check = LineCheck()
            return
        }
        check.seal(head.start)
        check.seal(sequence)
        guard (expected != nil && matchesCheck(expected)) || !isChecked else { return voidHead() }
        transfer?.settle(!excludesAll)
        if !excludesAll { transfer?.note(from: 0, until: sequence) }
    }

    /// Ends a datagram: nothing in it belongs to another one.
    mutating func endDatagram() {
        closeSpan()
        excludesAll = false
        isDropped = false
        head = nil
        pending.drop()
    }

    /// Ends the deltas of a peer, because another peer follows.
    mutating func endPeer() {
        endDelta()
        window = 0
    }

    /// Ends a delta, and discards its progress.
    mutating func endDelta() {
        pending.drop()
        head = nil
        transfer = nil
        excluded = SourceSet()
    }

    /// Discards the progress of a delta.
    mutating func dropTransfer() {
        transfer = nil
    }

    /// Notes the progress of the delta, for `invalidateTransfer`.
    func noteTransferProgress() {
        transfer?.noteProgress()
    }

    /// Discards progress that may come from a late message. A delta that has made progress since it was noted stays,
    /// because a long one would never end otherwise.
    mutating func invalidateTransfer() {
        if transfer?.isUnderway != true { transfer = nil }
    }

    /// Ends a delta whose commit was applied. The progress of a state delta stays.
    mutating func endCommit(isSpan: Bool) {
        if transfer?.mode == .state {
            transfer?.endCommit()
            transfer?.hasBeenWhole = true
            transfer?.contradictions = []
            // In datagrams new updates follow under the same head; on a stream they have a head of their own.
            if isSpan { return }
        } else {
            transfer = nil
        }
        pending.drop()
        head = nil
    }

    /// Continues a transfer of an earlier link.
    mutating func resume(_ transfer: StateTransfer) {
        self.transfer = transfer
    }

    mutating func removeTransfer() -> StateTransfer? {
        defer { transfer = nil }
        return transfer?.mode == .contents ? nil : transfer
    }

    /// Removes a source that was retired.
    mutating func remove(_ source: SourceID) {
        transfer?.remove(source)
        excluded.remove(source)
        pending.remove(source)
    }

    // MARK: Refused updates

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

    /// Whether an update of this source was rejected.
    func hasRefused(_ source: SourceID) -> Bool {
        transfer?.excludes(source) ?? false || excluded.contains(source)
    }

    /// Whether all updates that the sender has for this replica have arrived, and were accepted or refused.
    var isComplete: Bool { !excludesAll && transfer?.isComplete ?? false }

    // MARK: Reset and commit

    var contradictions: [KeyID] { transfer?.contradictions ?? [] }
    var begun: Arrivals.Sequence { transfer?.begun ?? 0 }
    var claims: [StateTransfer.Claim] { transfer?.claims ?? [] }
    var retired: [RetiredClaim] { transfer?.retired ?? [] }
    /// The exceptions of the sender.
    var exceptions: ExceptionList {
        ExceptionList((transfer?.excepted ?? []).compactMap { $0.isAccounted ? nil : $0.dot })
    }
    /// The exceptions of this replica that the sender accounts for.
    var accounted: [Dot] { (transfer?.excepted ?? []).compactMap { $0.isAccounted ? $0.dot : nil } }

    func noteContradiction(_ key: KeyID) {
        transfer?.noteContradiction(key)
    }

    /// Notes that the peer has named a key, and the sequence of the entry here if the peer has the same one.
    @_optimize(speed)
    mutating func note(_ key: KeyID, _ arrival: Arrivals.Sequence) {
        if head?.counts == true, let transfer, !transfer.note(key, arrival) { voidHead() }
    }

    /// Discards progress that depends on a dropped exception.
    mutating func lose(_ dot: Dot) {
        if transfer?.rests(on: dot) ?? false { dropTransfer() }
        if head?.mode.hasCovers == true { excluded.insert(dot.source) }
    }

    /// Notes that the peer holds an update that is refused here.
    @_optimize(speed)
    func note(refused dot: Dot) {
        if head?.mode.endsWithCommit == true { transfer?.note(refused: dot) }
    }

    /// Whether the delta has contained an update that is refused here.
    func hasRefused(_ dot: Dot) -> Bool {
        transfer?.refused?.find(dot) != nil
    }

    /// Returns the sequence of the entry that the peer has too; 0 if the peer has no entry of this key.
    func kept(_ key: KeyID) -> Arrivals.Sequence {
        transfer?.kept(key) ?? 0
    }

    /// Applies a part of the commit. Returns whether the commit is complete and valid.
    /// - Parameter isSpan: the updates before it are the span of a datagram, and not those up to a mark.
    mutating func apply(
        _ part: CommitPart, _ ids: [SourceID?], _ exceptions: [CommitException], isSpan: Bool, isChecked: Bool
    ) -> Bool {
        if isSpan { closeSpan() } else { mark(upTo: part.sequence, part.check, isChecked: isChecked) }
        guard let head, head.counts else { return false }
        return transfer?.apply(part, ids, exceptions) ?? false
    }
}
