/// The commit at the end of a state, reset or contents delta.
extension ExtendedSession {
    /// Appends the commit, as many parts as fit. False if none does.
    func appendCommit(_ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        var budget = budget
        let start = context.output.end
        let fingerprint = exceptionsFingerprint
        let excepted = fingerprint == outgoing.exceptedFingerprint ? outgoing.excepted : exceptions
        let items = replica.vectorItems + excepted.count
        outgoing.exceptedFingerprint = fingerprint
        // A peer may claim more parts of the commit than there are.
        if outgoing.generation != replica.retired.generation || outgoing.item > items || outgoing.excepted != excepted {
            (outgoing.item, outgoing.generation, outgoing.excepted) = (0, replica.retired.generation, excepted)
        }
        while true {
            var part = CommitPart(
                sequence: outgoing.cursor, from: outgoing.item, to: outgoing.item, isLast: false,
                check: context.transport.keepsOrder ? outgoing.sealedCheck : nil, claims: [])
            let left = budget.lineCapacity(
                beside: context.output.measure {
                    $0.appendCommit(part)
                    $0.appendClaimsEnd(from: items, to: items, isLast: false)
                }, onStream: outgoing.lineLength)
            guard left >= 0 else { break }
            let isReset = outgoing.mode == .reset
            let claimsNothing = !outgoing.mode.claimsVector
            func since(_ id: SourceID) -> Version { isReset ? 0 : peer.covered(id, in: replica) }
            let firstUnsent = firstUnsentRetired
            let namesHeld = isReset || memory?.exceptsEnded ?? false
            let slice = VectorSlice.of(
                replica, from: part.from, within: left - SendBudget.sections, fitsOne: !budget.isLimited,
                excepted: excepted
            ) {
                claimsNothing ? .max : isReset ? $0 : peer.next(from: $0, in: replica)
            } source: {
                vouchedFor($0) > since($0)
            } firstName: {
                .max
            } name: { _ in
                false
            } firstRetired: {
                claimsNothing ? .max : namesHeld ? 0 : max(firstUnsent, peer.retired.firstMissing(in: replica.retired))
            } retired: {
                // The peer's vector does not name a source that it holds in full.
                namesHeld && isHeldInFull($0)
                    || $0 >= firstUnsent && !peer.retired.knows($0, in: replica.retired)
            } exception: {
                // The parts before have raised the expected vector, so only the confirmed one tells whether an
                // exception is new to the peer.
                !claimsNothing
                    && ($0.isAccounted
                        || $0.dot.version > (isReset ? 0 : peer.confirmed($0.dot.source, in: replica))
                            && $0.dot.version <= vouchedFor($0.dot.source))
            }
            part.to = slice.end
            part.isLast = part.to == items
            guard part.isLast || part.to > part.from else { break }
            if !slice.isEmpty { outgoing.hasContent = true }
            let before = context.output.byteCount
            context.output.append { line in
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
            budget.spend(context.output.byteCount - before)
            outgoing.item = part.to
            outgoing.hasVouched = true
            outgoing.check = LineCheck()
            outgoing.lineLength = min(2 * outgoing.lineLength, SendBudget.maxLine)
            if context.transport.keepsOrder {
                for id in slice.sources { peer.expect(id, covered: vouchedFor(id), in: replica) }
            }
            noteNamed(slice.retired, in: part, of: outgoing, firstUnsent)
            if part.isLast {
                endDelta(outgoing)
                return true
            }
            if context.hasFilled { break }
        }
        return context.output.end > start
    }

    /// Notes the retired sources that a part of a commit names, and with the last part that the peer may apply them.
    @inline(never)
    private func noteNamed(
        _ retired: [Int], in part: CommitPart, of outgoing: OutgoingDelta, _ firstUnsent: Int
    ) {
        if part.from == 0 || memory?.namedRetired.mode != outgoing.mode { memory?.namedRetired.count = 0 }
        if !retired.isEmpty || (part.isLast && firstUnsent > 0), memory?.namedRetired.count ?? 0 == 0 {
            // Vectors have named all before the first unsent one.
            remembering().namedRetired = (
                outgoing.mode, retired.isEmpty ? firstUnsent : replica.retired.count, replica.retired.generation
            )
        }
        // The peer may have applied the delta of a request from before more sources were named.
        guard part.isLast, let memory, memory.namedRetired.count > 0, memory.sentRetired.nonce != outgoing.nonce else {
            return
        }
        memory.sentRetired = (outgoing.nonce, memory.namedRetired.count, memory.namedRetired.generation)
    }

    /// Ends a delta whose commit was sent. In datagrams a live link continues it.
    private func endDelta(_ outgoing: OutgoingDelta) {
        checkedBypasses = replica.historyBypasses
        dropSettledExceptions(in: outgoing.mode)
        if !outgoing.hasContent { noteQuiet() }
        guard !context.transport.keepsOrder else {
            follows = nil
            return follow()
        }
        // The peer's next request tells whether the reset has arrived, and what the peer has.
        if context.isLive, outgoing.mode == .state {
            outgoing.becomeIdle()
        } else {
            self.outgoing = nil
        }
    }

    /// The index of the first retired source that no whole vector on this link has named to the peer.
    private var firstUnsentRetired: Int {
        guard let sent = memory?.vectorRetired, sent.generation == replica.retired.generation else { return 0 }
        return sent.count
    }

    /// Whether the peer may hold entries of a retired source. A reset removes them only if it names the source.
    func isHeldInFull(_ position: Int) -> Bool {
        memory?.heldInFull.knows(position, in: replica.retired) ?? false
    }
}
