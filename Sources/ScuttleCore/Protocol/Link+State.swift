/// State, reset, early and contents deltas: entries in the order of arrival, and a commit behind them.
extension Link {
    // MARK: On a stream

    @inline(never)
    @_optimize(speed)
    func appendState(_ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        let place = output.end
        // An early delta may have nothing to say.
        if outgoing.headIsDue, outgoing.mode != .early || memory?.sorted != nil { appendHead(of: outgoing) }
        if let memory, memory.sorted != nil, appendSorted(memory, outgoing, budget) { return true }
        var left = budget.messages
        var isAtEnd = true
        var skipped = 0
        replica.arrivals.forEach(after: outgoing.cursor, in: replica.keys) { record in
            if isToSend(record, in: outgoing.mode) {
                guard left > 0, !hasFilled else {
                    isAtEnd = false
                    return false
                }
                if outgoing.headIsDue { appendHead(of: outgoing) }
                outgoing.hasSpoken = true
                let before = output.byteCount
                outgoing.check.add(output.append(UpdateLine(of: record, in: replica)))
                outgoing.spacing.add(output.byteCount - before)
                left -= 1
            }
            outgoing.cursor = record.arrival
            if outgoing.spacing.isDue { appendMark(outgoing) }
            skipped += 1
            // A mark says how far it has come, so that what is read is worth what is looked at.
            guard skipped == Self.mostSkipped, outgoing.mode != .early else { return true }
            isAtEnd = false
            return false
        }
        if skipped == Self.mostSkipped, !isAtEnd, output.end == place {
            if outgoing.headIsDue { appendHead(of: outgoing) }
            appendMark(outgoing)
        }
        guard isAtEnd else { return output.end > place }
        outgoing.cursor = replica.arrivals.last
        guard outgoing.mode != .early else {
            self.outgoing = nil
            return output.end > place
        }
        return appendCommit(outgoing, budget) || output.end > place
    }

    /// Says what follows; and before that which tombstones, that the peer may have been sent, have been forgotten since.
    @inline(never)
    private func appendHead(of outgoing: OutgoingDelta) {
        if outgoing.mode == .reset, outgoing.kind != replica.epoch {
            if outgoing.check.count > 0 { appendMark(outgoing) }
            appendForgotten(since: outgoing.kind)
            outgoing.kind = replica.epoch
        }
        var head = head(outgoing)
        if outgoing.mode.endsWithCommit { head.span = (outgoing.start, outgoing.cursor, outgoing.cursor) }
        output.append { $0.appendDelta(head) }
        outgoing.headIsDue = false
    }

    @inline(never)
    func appendMark(_ outgoing: OutgoingDelta) {
        outgoing.spacing.mark()
        guard outgoing.mode.endsWithCommit else { return }
        output.append { $0.appendMark(ProgressMark(sequence: outgoing.cursor, check: outgoing.sealedCheck)) }
        outgoing.check = LineCheck()
    }

    /// Names the keys whose tombstones were forgotten since a GC epoch.
    private func appendForgotten(since epoch: UInt64) {
        var keys = replica.forgotten.since(epoch)[...]
        repeat {
            output.append { line in
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

    /// Whether the peer gets an entry with a delta of this mode.
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

    /// A stretch of so many entries makes a message.
    static var mostSkipped: Int { 256 }

    // MARK: The commit

    /// Behind the last update: the vector that the peer has then, as much of it as fits. Whether anything does.
    func appendCommit(_ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        var budget = budget
        let place = output.end
        let mark = exceptionsMark
        let excepted = mark == outgoing.exceptedMark ? outgoing.excepted : exceptions
        let items = vectorItems + excepted.count
        outgoing.exceptedMark = mark
        // A peer may claim to have come further in the commit than there is.
        if outgoing.generation != replica.retired.generation || outgoing.item > items || outgoing.excepted != excepted {
            (outgoing.item, outgoing.generation, outgoing.excepted) = (0, replica.retired.generation, excepted)
        }
        while true {
            var part = CommitPart(
                sequence: outgoing.cursor, from: outgoing.item, to: outgoing.item, isLast: false,
                check: isDatagram ? nil : outgoing.sealedCheck, claims: [])
            let left = budget.lineCapacity(
                beside: output.measure {
                    $0.appendCommit(part)
                    $0.appendClaimsEnd(from: items, to: items, isLast: false)
                }, onStream: outgoing.lineLength)
            guard left >= 0 else { break }
            let isReset = outgoing.mode == .reset
            let claimsNothing = outgoing.mode == .contents
            func since(_ id: SourceID) -> Version { isReset ? 0 : peer.covered(id, in: replica) }
            let firstUntold = firstUntoldRetired
            let namesHeld = isReset || memory?.exceptsEnded ?? false
            let slice = slice(
                from: part.from, within: left - SendBudget.sections, takesOne: !budget.isDatagram, excepted: excepted
            ) {
                claimsNothing ? .max : isReset ? $0 : peer.next(from: $0, in: replica)
            } source: {
                vouchedFor($0) > since($0)
            } firstName: {
                .max
            } name: { _ in
                false
            } firstRetired: {
                claimsNothing ? .max : namesHeld ? 0 : max(firstUntold, peer.retired.firstMissing(in: replica.retired))
            } retired: {
                // A vector does not name what the peer holds in full.
                namesHeld && isHeldInFull($0)
                    || $0 >= firstUntold && !peer.retired.knows($0, in: replica.retired)
            } exception: {
                // The parts before have told the peer of sources, so only what it has said itself is no news.
                !claimsNothing
                    && ($0.isAccounted
                        || $0.dot.version > (isReset ? 0 : peer.confirmed($0.dot.source, in: replica))
                            && $0.dot.version <= vouchedFor($0.dot.source))
            }
            part.to = slice.end
            part.isLast = part.to == items
            guard part.isLast || part.to > part.from else { break }
            if !slice.isEmpty { outgoing.hasSpoken = true }
            let before = output.byteCount
            output.append { line in
                line.appendCommit(part)
                for (index, id) in slice.sources.enumerated() {
                    if id == SourceTable.own { replica.isOwnKnown = true }
                    let (source, covered) = (replica.sources[id], vouchedFor(id))
                    let purged = isReset && source.purged <= covered ? source.purged : 0
                    line.appendCommitClaim(source, since(id), covered, purged, isFirst: index == 0)
                }
                for (index, position) in slice.retired.enumerated() {
                    line.appendRetired(RetiredClaim(replica.retired[position]), isFirst: index == 0)
                }
                if !slice.excepted.isEmpty { line.beginExcepted(hasRetired: !slice.retired.isEmpty) }
                for (index, item) in slice.excepted.enumerated() {
                    line.appendException(
                        replica.sources[item.dot.source], item.dot.version, item.isAccounted ? 1 : 0,
                        isFirst: index == 0)
                }
                line.appendClaimsEnd(
                    from: part.from, to: part.to, isLast: part.isLast, hasRetired: !slice.retired.isEmpty,
                    hasExcepted: !slice.excepted.isEmpty)
            }
            budget.spend(output.byteCount - before)
            outgoing.item = part.to
            outgoing.hasVouched = true
            outgoing.check = LineCheck()
            outgoing.lineLength = min(2 * outgoing.lineLength, SendBudget.maxLine)
            if !isDatagram {
                for id in slice.sources { peer.expect(id, covered: vouchedFor(id), in: replica) }
            }
            // The peer may have taken the answer to a request before it named more.
            if !slice.retired.isEmpty || (part.isLast && firstUntold > 0),
                memory?.toldRetired.nonce != outgoing.nonce
            {
                remembering().toldRetired = (outgoing.nonce, replica.retired.count, replica.retired.generation)
            }
            if part.isLast {
                endDelta(outgoing)
                return true
            }
            if hasFilled { break }
        }
        return output.end > place
    }

    /// All of a delta has gone out, up to its commit. In datagrams a live link goes on with it.
    private func endDelta(_ outgoing: OutgoingDelta) {
        checkedDetours = replica.detours
        forgetSaid(in: outgoing.mode)
        if !outgoing.hasSpoken { noteQuiet() }
        guard isDatagram else {
            follows = nil
            return follow()
        }
        // Whether a reset has come, and so what the peer has, is not known before it asks again.
        if options.contains(.live), outgoing.mode == .state {
            outgoing.rest()
        } else {
            self.outgoing = nil
        }
    }

    /// The first ended source that no whole vector on this link has named to the peer.
    private var firstUntoldRetired: Int {
        guard let told = memory?.vectorRetired, told.generation == replica.retired.generation else { return 0 }
        return told.count
    }

    /// Whether the peer may hold entries of a retired source, which a reset takes away only if it names the source.
    func isHeldInFull(_ position: Int) -> Bool {
        memory?.heldInFull.knows(position, in: replica.retired) ?? false
    }
}
