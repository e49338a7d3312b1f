/// The same in datagrams: each names the sequences that its updates fill, so only lost ranges are sent again.
extension ExtendedSession {
    @inline(never)
    @_optimize(speed)
    func appendStateInDatagram(_ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        let (start, before) = (context.output.end, context.output.byteCount)
        if outgoing.mode == .reset, outgoing.kind != replica.epoch { return appendForgotten(outgoing, budget) }
        let range = outgoing.missing.first ?? SequenceRange(from: outgoing.cursor, until: .max)
        var head = head(outgoing)
        if outgoing.mode.endsWithCommit {
            head.span = (outgoing.start, range.from, replica.arrivals.last)
            head.check = LineCheck(count: UInt64(budget.messages), hash: 0)
        }
        head.window = outgoing.endingWindow
        let frame = context.output.measure { $0.appendDelta(head) }
        var left = budget.bytes - frame
        guard left >= 0 else { return context.reportNoSpace(budget) }
        var messages = budget.messages
        var check = LineCheck()
        var reached = range.from
        var isAtEnd = true
        var restarts = false
        var skipped = 0
        replica.arrivals.forEach(after: range.from, in: replica.keys) { record in
            guard record.arrival <= range.until else { return false }
            if isToSend(record, in: outgoing.mode) {
                let line = UpdateLine(of: record, in: replica)
                if line.count > left || messages == 0 {
                    // An update that fits no datagram adds the field `withheld` to the head, so less capacity remains.
                    guard start == 0, messages == budget.messages, line.count > budget.bytes - frame else {
                        isAtEnd = false
                        return false
                    }
                    guard !withhold(line, budget.bytes - frame) || !outgoing.hasVouched else {
                        // A commit of this delta may have covered the withheld update already.
                        restarts = true
                        return false
                    }
                    head.withheld = record.arrival
                    left = budget.bytes - context.output.measure { $0.appendDelta(head) }
                } else {
                    outgoing.hasContent = true
                    check.add(context.output.append(line))
                    left -= line.count
                    messages -= 1
                }
            }
            reached = record.arrival
            skipped += 1
            // A gap is closed at its end: the rest would be a gap without entries.
            guard skipped == Self.maxSkipped, reached < range.until, outgoing.mode.endsWithCommit else { return true }
            isAtEnd = false
            return false
        }
        if restarts {
            outgoing.restart(kind: outgoing.kind)
            return false
        }
        if isAtEnd { reached = min(range.until, replica.arrivals.last) }
        if outgoing.missing.isEmpty {
            outgoing.cursor = reached
        } else if isAtEnd {
            outgoing.missing.removeFirst()
        } else {
            outgoing.missing[0].from = reached
        }
        let isWhole = isAtEnd && outgoing.missing.isEmpty && outgoing.cursor == replica.arrivals.last
        if !outgoing.mode.endsWithCommit {
            if isWhole { self.outgoing = nil }
            guard context.output.end > start else { return false }
        } else {
            let span = (outgoing.start, range.from, reached)
            head.span = span
            check.seal(span, withheld: head.withheld)
            head.check = check
            if isWhole, left > 0 { _ = appendCommit(outgoing, SendBudget(messages: messages, bytes: left)) }
        }
        guard context.output.end > start || reached > range.from else {
            return context.reportNoSpace(budget)
        }
        context.output.insert(at: start) { $0.appendDelta(head) }
        if before == 0 { outgoing.countDatagram() }
        return context.output.end > start
    }

    /// Appends the keys of tombstones that were purged since the peer may have received them, so that the reset
    /// continues in a later GC epoch. If they do not fit a datagram, the reset begins anew.
    private func appendForgotten(_ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        let keys = replica.removals.since(outgoing.kind)
        let count = Encoding.chosen.maxBytes(ofForgotten: keys)
        guard count <= budget.bytes else {
            guard context.output.isEmpty else { return false }
            outgoing.restart(kind: replica.epoch)
            return appendStateInDatagram(outgoing, budget)
        }
        context.output.append { line in
            line.appendForgottenStart(since: outgoing.kind, epoch: replica.epoch)
            for (index, record) in keys.enumerated() { line.appendKey(record.key, isFirst: index == 0) }
            line.appendForgottenEnd(isLast: true)
        }
        outgoing.kind = replica.epoch
        return true
    }
}
