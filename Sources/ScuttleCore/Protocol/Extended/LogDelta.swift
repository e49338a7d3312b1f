/// A log delta, or a part of it: updates from the history, with the cover that makes them count.
///
/// It begins at a number in the history and takes what fits. Each update's interval reaches back to the one before it of the
/// same source, so the same stretch of the history makes the same covers for every peer.
struct LogDelta {
    private(set) var cursor: UInt64
    private let head: DeltaHead?
    private let start: Int
    private var messages: Int
    private var check = LineCheck()
    /// How many bytes may go out before they are covered.
    private var uncovered: Int
    /// What the cover takes, of what a line may.
    private var coverLength = 0
    private var intervals: [(source: SourceID, since: Version, until: Version, leftOut: Version)] = []

    /// - Parameter head: what the peer is to be told in front, if anything.
    init(from index: UInt64, head: DeltaHead?, uncovered: Int = .max, _ budget: SendBudget, _ session: ExtendedSession)
    {
        self.uncovered = uncovered
        cursor = index
        self.head = head
        start = session.context.output.end
        messages = budget.messages
    }

    /// Nothing could be taken, since what comes next for this peer is not in the history any more, or never was.
    private(set) var hasGap = false

    /// Takes updates that the peer lacks, up to the end of the history or of the budget.
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

    /// Behind the last update: up to where each source is accounted for here, beyond its last update.
    mutating func collectLowWaterMarks(from next: inout Int, _ session: ExtendedSession) {
        let replica = session.replica
        while true {
            next = session.peer.next(from: next, in: replica)
            guard next < replica.sources.count else { return }
            let id = SourceID(truncatingIfNeeded: next)
            let source = replica.sources[id]
            if source.covered > source.reach, source.covered > session.peer.covered(id, in: replica) {
                let index = intervals.firstIndex { $0.source == id }
                // Between what was sent of it and its promise there are updates that the history never had.
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

    /// Writes the covers, and the head in front; false where there is nothing to say.
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
    /// A superseded update is sent only where its winner is sent too: to a peer that has covered the winner, and purged
    /// it since, it would look new.
    func matters(_ record: Record) -> Bool {
        if record.isEntry || replica.configuration.disabledRules.contains(.matters) { return true }
        guard let key = replica.keys.find(record.key), let winner = replica.keys[key] else { return false }
        return winner.version > peer.covered(winner.source, in: replica)
    }
}
