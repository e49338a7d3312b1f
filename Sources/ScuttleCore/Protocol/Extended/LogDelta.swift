/// A log delta, or a part of one: updates out of the history, and their cover.
///
/// It begins at an index in the history and contains as many updates as fit. The interval of each update reaches back
/// to the one before it of the same source, so the same range of the history makes the same covers for every peer.
struct LogDelta {
    private(set) var cursor: UInt64
    private let head: DeltaHead?
    private let start: Int
    private var messages: Int
    private var check = LineCheck()
    /// The number of bytes that may still be sent before a cover.
    private var uncovered: Int
    /// The size of the cover so far.
    private var coverLength = 0
    private var intervals: [(source: SourceID, since: Version, until: Version, leftOut: Version)] = []

    /// - Parameter head: the head to write in front; nil if the peer knows it.
    init(from index: UInt64, head: DeltaHead?, uncovered: Int = .max, _ budget: SendBudget, _ session: ExtendedSession)
    {
        self.uncovered = uncovered
        cursor = index
        self.head = head
        start = session.context.output.end
        messages = budget.messages
    }

    /// Whether no update was collected because the history lacks the next one for this peer.
    private(set) var hasGap = false

    /// Collects updates that the peer lacks, up to the end of the history or of the budget.
    @_optimize(speed)
    mutating func collect(_ session: ExtendedSession) {
        let replica = session.replica
        while messages > 0, uncovered > 0, cursor < replica.history.end, !session.context.hasFilled {
            guard let slot = replica.history[cursor] else {
                hasGap = isEmpty(session)
                return
            }
            let (id, version) = (slot.record.source, slot.record.version)
            guard version > session.peer.covered(id, in: replica), !slot.isForeign else {
                cursor += 1
                session.echoes = max(0, session.echoes - 1)
                continue
            }
            let source = replica.sources[id]
            let line =
                session.matters(slot.record) && (session.memory == nil || !session.isSkipped(slot.record))
                ? UpdateLine(of: slot.record, in: replica) : nil
            let index = intervals.firstIndex { $0.source == id }
            let reached = index.map { intervals[$0].until } ?? session.peer.covered(id, in: replica)
            if slot.since > reached {
                hasGap = isEmpty(session)
                return
            }
            let coverCost = index == nil ? SendBudget.cost(of: source) : 0
            guard intervals.isEmpty || coverLength + coverCost <= SendBudget.maxLine else { return }
            if uncovered != .max { uncovered -= (line?.count ?? 0) + coverCost }
            coverLength += coverCost
            if let line {
                check.add(session.context.output.append(line))
                messages -= 1
            }
            let leftOut = line == nil ? version : 0
            if let index {
                intervals[index].until = version
                intervals[index].leftOut = max(intervals[index].leftOut, leftOut)
            } else {
                intervals.append((id, slot.since, version, leftOut))
            }
            session.peer.expect(id, covered: version, in: replica)
            cursor += 1
        }
    }

    /// Collects the vector entries above the last update of each source, at the end of the history.
    mutating func collectLowWaterMarks(from next: inout Int, _ session: ExtendedSession) {
        let replica = session.replica
        while true {
            next = session.peer.next(from: next, in: replica)
            guard next < replica.sources.count else { return }
            let id = SourceID(truncatingIfNeeded: next)
            let source = replica.sources[id]
            if source.covered > source.reach, source.covered > session.peer.covered(id, in: replica) {
                let index = intervals.firstIndex { $0.source == id }
                // The history lacks updates between those that were sent and the vector entry.
                let reached = index.map { intervals[$0].until } ?? session.peer.covered(id, in: replica)
                guard source.reach <= reached else {
                    next += 1
                    continue
                }
                if let index {
                    intervals[index].until = source.covered
                } else {
                    let cost = SendBudget.cost(of: source)
                    guard intervals.isEmpty || coverLength + cost <= SendBudget.maxLine else { return }
                    coverLength += cost
                    intervals.append((id, source.reach, source.covered, 0))
                }
                session.peer.expect(id, covered: source.covered, in: replica)
            }
            next += 1
        }
    }

    /// Writes the head in front, and the cover. False if nothing was collected.
    @_optimize(speed)
    func finish(_ session: ExtendedSession) -> Bool {
        guard !isEmpty(session) else { return false }
        if let head { session.context.output.insert(at: start) { $0.appendDelta(head) } }
        guard !intervals.isEmpty || check.count > 0 else { return true }
        let replica = session.replica
        session.context.output.append { line in
            line.appendCoverStart()
            for (index, interval) in intervals.enumerated() {
                if interval.source == SourceTable.own { replica.isOwnKnown = true }
                let source = replica.sources[interval.source]
                line.appendInterval(
                    source, interval.since, interval.until, leftOut: interval.leftOut, isFirst: index == 0)
            }
            line.appendCoverEnd(check)
        }
        return true
    }

    private func isEmpty(_ session: ExtendedSession) -> Bool {
        session.context.output.end == start && intervals.isEmpty
    }
}

extension ExtendedSession {
    /// Whether a superseded update is sent: only if its winner is sent, too. A peer that has covered the winner and
    /// purged it since would accept the superseded update.
    func matters(_ record: Record) -> Bool {
        if record.isEntry || replica.configuration.disabledRules.contains(.matters) { return true }
        guard let key = replica.keys.find(record.key), let winner = replica.keys[key] else { return false }
        return winner.version > peer.covered(winner.source, in: replica)
    }
}
