/// Marks and commits of state, reset and contents deltas from the peer: the updates before them count.
extension ExtendedSession {
    /// Applies a mark of a stream: the updates before it are those that the peer has sent.
    /// - Throws: the errors of a commit.
    @_optimize(speed)
    func receive(_ mark: ProgressMark) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a peer sent a mark on a read-only link") }
        guard context.transport.keepsOrder else { return }
        guard incoming.head?.mode.endsWithCommit == true else { throw Failure(.unasked, "a mark belongs to no delta") }
        incoming.mark(upTo: mark.sequence, mark.check, isChecked: isChecked)
    }

    private var isChecked: Bool { !replica.configuration.disabledRules.contains(.check) }

    /// Applies the keys of tombstones that the peer has purged since it may have named them in this reset.
    /// - Throws: the errors of a commit.
    @_optimize(speed)
    func receive(_ purged: PurgedKeys) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a peer sent purged keys on a read-only link") }
        guard !incoming.isDropped, !incoming.isUnrequested, let transfer = incoming.transfer, transfer.mode == .reset,
            transfer.kind == purged.since
        else { return }
        for key in purged.keys {
            if let id = replica.keys.find(key) { transfer.dropKept(id) }
        }
        if purged.isLast { transfer.advance(to: purged.epoch) }
    }

    /// Applies a part of a commit. With the last part the delta is complete, and this replica's vector covers its
    /// sender's.
    /// - Throws: the errors of a cover.
    func receive(_ part: CommitPart) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a peer sent a commit on a read-only link") }
        guard !incoming.isDropped else { return }
        guard context.transport.mayRepeat || incoming.head?.mode.endsWithCommit == true else {
            throw Failure(.unasked, "a commit belongs to no delta")
        }
        for claim in part.claims { try replica.checkJump(to: claim.covered) }
        for claim in part.retired { try replica.checkJump(to: claim.version) }
        let sources = try sources(of: part.claims)
        guard let head = incoming.head, head.mode.endsWithCommit else { return }
        var exceptions = exceptions(of: part.excepted)
        let limit = replica.configuration.maxRefused
        if exceptions.count + (incoming.transfer?.excepted.count ?? 0) > limit &+ min(limit, .max - limit) {
            // More exceptions than the table can hold: the commit does not count.
            exceptions = []
            incoming.excludesAll = true
        }
        guard incoming.apply(part, sources.ids, exceptions, isSpan: context.transport.hasWindows, isChecked: isChecked)
        else {
            if part.isLast { requestMissing(of: head) }
            return try checkCapacity(sources)
        }
        defer { incoming.endCommit(isSpan: context.transport.hasWindows) }
        // In datagrams new updates continue the same delta.
        if context.transport.keepsOrder || head.mode != .state { requests.close(head.nonce) }
        if !head.mode.claimsVector {
            if !incoming.excludesAll, pending.spendOverhaul() { finishContents() }
            return
        }
        let epoch = replica.epoch
        let excepted = incoming.exceptions
        if head.mode == .reset {
            // The next gossip requests the reset again.
            guard pending.spendOverhaul() else { return }
            guard head.epoch == epoch || replica.configuration.disabledRules.contains(.epoch), reset(excepted) else {
                // The reset may have removed entries nevertheless.
                if replica.epoch != epoch {
                    replica.dropTransfers()
                    replica.incompleteResetAt = replica.revision
                }
                return requestReset()
            }
            allowResets()
        }
        var hasPurged = applyClaims(head, excepted)
        if !incoming.excludesAll, applyEnded(head) { hasPurged = true }
        if head.mode == .reset {
            peer.noteReset()
            replica.counters.resets &+= 1
            // The reset may have removed entries that belong to other deltas.
            replica.dropTransfers()
        }
        if hasPurged, replica.epoch == epoch { replica.epoch += 1 }
        settleContradictions()
        if replica.refused != nil { noteUnsentRefusals() }
        replica.purgeSurplusTombstones()
        if incoming.isComplete { noteSettled(head.nonce) }
        // The delta for the peer's request waited for this reset.
        if head.mode == .reset, isDeferred { beginDelta() }
        try checkCapacity(sources)
    }

    /// Applies the commit's claims of sources. Returns whether a GC version has risen.
    private func applyClaims(_ head: IncomingDelta.Head, _ excepted: ExceptionList) -> Bool {
        var hasPurged = false
        for claim in incoming.claims where !incoming.excludes(claim.source) {
            let source = replica.sources[claim.source]
            let covered = checked(claim.covered, of: claim.source)
            peer.note(claim.source, covered: claim.covered, in: replica)
            if covered > source.covered {
                // The sender has left out updates that it expected this replica to have.
                guard head.mode == .reset || claim.since <= source.covered else {
                    requestAgain()
                    continue
                }
                let until = replica.adopt(
                    excepted, of: claim.source, upTo: covered, evictingBefore: incoming.exceptionsBefore)
                replica.cover(claim.source, upTo: until)
                replica.bypassHistory(source, upTo: until)
            }
            // If there is no capacity for an exception, less is covered. No version above the vector is purged.
            if head.mode == .reset, claim.purged <= min(covered, source.covered),
                replica.notePurged(source, claim.purged)
            {
                hasPurged = true
            }
        }
        return hasPurged
    }

    /// Applies the commit's claims of retired sources. Returns whether a GC version has risen.
    private func applyEnded(_ head: IncomingDelta.Head) -> Bool {
        let ended = endedSources
        if replica.refused != nil {
            let keys = replica.keysOfUncoveredRefusals()
            for dot in incoming.accounted { replica.dropAccounted(dot, unlessOf: keys) }
            for claim in ended { replica.dropExceptions(endedBy: claim, unlessOf: keys) }
        }
        var hasPurged = false
        for claim in ended {
            if replica.adopt(claim, isReset: head.mode == .reset) { hasPurged = true }
            if let position = replica.retired.find(claim.hash), replica.retired[position].version == claim.version {
                peer.retired.note(position, in: replica.retired)
            }
        }
        if !ended.isEmpty { remembering().appliedRetired = head.nonce }
        memory?.receivedRetired = []
        return hasPurged
    }

    /// Requests what is missing at the end of a delta.
    private func requestMissing(of head: IncomingDelta.Head) {
        if context.transport.hasWindows {
            pending.requestsMissing = true
        } else {
            incoming.endHead()
            pending.hasRequestedAgain = false
            requestAgain()
        }
    }

    /// The retired sources that the sender has named in its commit, and in vectors before it.
    var endedSources: [RetiredClaim] {
        guard let received = memory?.receivedRetired, !received.isEmpty else { return incoming.retired }
        return received + incoming.retired
    }
}
