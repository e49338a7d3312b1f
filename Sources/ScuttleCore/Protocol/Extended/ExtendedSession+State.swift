/// State, reset, early and contents deltas: entries in order of arrival, and a commit.
extension ExtendedSession {
    @inline(never)
    @_optimize(speed)
    func appendState(_ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        let start = context.output.end
        // An early delta may have no updates.
        if outgoing.headIsDue, outgoing.mode.endsWithCommit || memory?.sorted != nil { appendHead(of: outgoing) }
        if let memory, memory.sorted != nil, appendSorted(memory, outgoing, budget) { return true }
        var left = budget.messages
        var isAtEnd = true
        var skipped = 0
        replica.arrivals.forEach(after: outgoing.cursor, in: replica.keys) { record in
            if isToSend(record, in: outgoing.mode) {
                guard left > 0, !context.hasFilled else {
                    isAtEnd = false
                    return false
                }
                if outgoing.headIsDue { appendHead(of: outgoing) }
                outgoing.hasContent = true
                let before = context.output.byteCount
                outgoing.check.add(context.output.append(UpdateLine(of: record, in: replica)))
                outgoing.spacing.add(context.output.byteCount - before)
                left -= 1
            }
            outgoing.cursor = record.arrival
            if outgoing.spacing.isDue { appendMark(outgoing) }
            skipped += 1
            // A mark states the progress of the walk, so that each read makes progress however few entries the peer
            // lacks.
            guard skipped == Self.maxSkipped, outgoing.mode.endsWithCommit else { return true }
            isAtEnd = false
            return false
        }
        if skipped == Self.maxSkipped, !isAtEnd, context.output.end == start {
            if outgoing.headIsDue { appendHead(of: outgoing) }
            appendMark(outgoing)
        }
        guard isAtEnd else { return context.output.end > start }
        outgoing.cursor = replica.arrivals.last
        guard outgoing.mode.endsWithCommit else {
            self.outgoing = nil
            return context.output.end > start
        }
        return appendCommit(outgoing, budget) || context.output.end > start
    }

    /// Appends the head, and before it the keys of purged tombstones that the peer may have received.
    @inline(never)
    private func appendHead(of outgoing: OutgoingDelta) {
        if outgoing.mode == .reset, outgoing.kind != replica.epoch {
            if outgoing.check.count > 0 { appendMark(outgoing) }
            appendForgotten(since: outgoing.kind)
            outgoing.kind = replica.epoch
        }
        var head = head(outgoing)
        if outgoing.mode.endsWithCommit { head.span = (outgoing.start, outgoing.cursor, outgoing.cursor) }
        context.output.append { $0.appendDelta(head) }
        outgoing.headIsDue = false
    }

    @inline(never)
    func appendMark(_ outgoing: OutgoingDelta) {
        outgoing.spacing.mark()
        guard outgoing.mode.endsWithCommit else { return }
        context.output.append { $0.appendMark(ProgressMark(sequence: outgoing.cursor, check: outgoing.sealedCheck)) }
        outgoing.check = LineCheck()
    }

    /// Names the keys whose tombstones were purged since a GC epoch.
    private func appendForgotten(since epoch: UInt64) {
        var keys = replica.removals.since(epoch)[...]
        repeat {
            context.output.append { line in
                line.appendForgottenStart(since: epoch, epoch: replica.epoch)
                let start = line.count
                var isFirst = true
                while let record = keys.first, isFirst || line.count - start < SendBudget.maxLine {
                    line.appendKey(record.key, isFirst: isFirst)
                    keys.removeFirst()
                    isFirst = false
                }
                line.appendForgottenEnd(isLast: keys.isEmpty)
            }
        } while !keys.isEmpty
    }

    /// Whether a delta of this mode sends an entry to the peer.
    @_optimize(speed)
    func isToSend(_ record: Record, in mode: DeltaMode) -> Bool {
        if mode.isWhole { return true }
        guard record.version > peer.covered(record.source, in: replica) else {
            return memory != nil && mode == .state && isWanted(record)
        }
        guard mode == .early else { return memory == nil || !isSkipped(record) }
        return record.version > max(replica.highestPurged, peer.highestPurged)
            && (replica.inversions.isEmpty
                || replica.keys.find(record.key).map { replica.inversions[$0] == nil } ?? true)
    }

    /// The number of skipped entries after which a mark is sent.
    static var maxSkipped: Int { 256 }
}
