/// The marks and commits of state, reset and contents deltas that come in: they make the updates before them count.
extension ExtendedSession {
    /// On a stream: the updates so far are what was sent.
    /// - Throws: as for a commit.
    @_optimize(speed)
    func receive(_ mark: ProgressMark) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a mark came in on a read-only link") }
        guard context.transport.keepsOrder else { return }
        guard incoming.head?.mode.endsWithCommit == true else { throw Failure(.unasked, "a mark belongs to no delta") }
        incoming.mark(upTo: mark.sequence, mark.check, isChecked: isChecked)
    }

    private var isChecked: Bool { !replica.configuration.disabledRules.contains(.check) }

    /// The peer has forgotten the tombstones of keys that it may have named in the reset that goes on.
    /// - Throws: as for a commit.
    @_optimize(speed)
    func receive(_ forgotten: ForgottenKeys) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a forgot came in on a read-only link") }
        guard !incoming.isDropped, !incoming.isUnrequested, let transfer = incoming.transfer, transfer.mode == .reset,
            transfer.kind == forgotten.since
        else { return }
        for key in forgotten.keys {
            if let id = replica.keys.find(key) { transfer.dropKept(id) }
        }
        if forgotten.isLast { transfer.advance(to: forgotten.epoch) }
    }

    /// With the last part of its commit a delta is whole, and its sender's vector is this replica's too.
    /// - Throws: as for a cover.
    func receive(_ part: CommitPart) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a commit came in on a read-only link") }
        guard !incoming.isDropped else { return }
        guard context.transport.mayRepeat || incoming.head?.mode.endsWithCommit == true else {
            throw Failure(.unasked, "a commit belongs to no delta")
        }
        let claims = part.claims.map { SourceClaim(source: $0.source, covered: $0.covered, purged: $0.purged) }
        for claim in claims { try replica.checkJump(to: claim.covered) }
        for claim in part.retired { try replica.checkJump(to: claim.version) }
        let sources = try sources(of: claims)
        guard let head = incoming.head, head.mode.endsWithCommit else { return }
        var exceptions = exceptions(of: part.excepted)
        let limit = replica.configuration.maxRefused
        if exceptions.count + (incoming.transfer?.excepted.count ?? 0) > limit &+ min(limit, .max - limit) {
            // More than could be remembered of them: they are not kept, and the commit does not hold.
            exceptions = []
            incoming.excludesAll = true
        }
        guard incoming.apply(part, sources.ids, exceptions, isSpan: context.transport.hasWindows, isChecked: isChecked)
        else {
            if part.isLast { requestMissing(of: head) }
            return try checkCapacity(sources)
        }
        defer { incoming.endCommit(isSpan: context.transport.hasWindows) }
        // In datagrams new updates go on as the same delta.
        if context.transport.keepsOrder || head.mode != .state { requests.close(head.nonce) }
        if !head.mode.claimsVector {
            if !incoming.excludesAll, pending.spendOverhaul() { finishContents() }
            return
        }
        let epoch = replica.epoch
        let excepted = incoming.exceptions
        if head.mode == .reset {
            // The next gossip requests it again.
            guard pending.spendOverhaul() else { return }
            guard head.epoch == epoch || replica.configuration.disabledRules.contains(.epoch), reset(excepted) else {
                // It may have taken away something all the same.
                if replica.epoch != epoch {
                    replica.dropTransfers()
                    replica.tornAt = replica.revision
                }
                return requestReset()
            }
            allowResets()
        }
        var hasPurged = applyClaims(head, excepted)
        if !incoming.excludesAll, applyEnded(head) { hasPurged = true }
        if head.mode == .reset {
            peer.noteReset()
            // What the reset took away may be among what has come of others' deltas.
            replica.dropTransfers()
        }
        if hasPurged, replica.epoch == epoch { replica.epoch += 1 }
        settleContradictions()
        if replica.refused != nil { noteUnsentRefusals() }
        replica.forgetSurplusTombstones()
        if incoming.isComplete { noteSettled(head.nonce) }
        // The peer's request had to wait for its reset.
        if head.mode == .reset, isDeferred { beginDelta() }
        try checkCapacity(sources)
    }

    /// Takes what a commit claims of sources. Whether a GC version has risen.
    private func applyClaims(_ head: IncomingDelta.Head, _ excepted: ExceptionList) -> Bool {
        var hasPurged = false
        for claim in incoming.claims where !incoming.excludes(claim.source) {
            let source = replica.sources[claim.source]
            let covered = checked(claim.covered, of: claim.source)
            peer.note(claim.source, covered: claim.covered, in: replica)
            if covered > source.covered {
                // What the sender took this replica to have was left out.
                guard head.mode == .reset || claim.since <= source.covered else {
                    requestAgain()
                    continue
                }
                let until = replica.adopt(
                    excepted, of: claim.source, upTo: covered, evictingBefore: incoming.exceptionsBefore)
                replica.cover(claim.source, upTo: until)
                replica.leaveOut(source, upTo: until)
            }
            // Less is covered if there is no room for an exception, and no more is purged than covered.
            if head.mode == .reset, claim.purged <= min(covered, source.covered),
                replica.notePurged(source, claim.purged)
            {
                hasPurged = true
            }
        }
        return hasPurged
    }

    /// Takes what a commit claims of ended sources. Whether a GC version has risen.
    private func applyEnded(_ head: IncomingDelta.Head) -> Bool {
        let ended = endedSources
        if replica.refused != nil {
            let keys = replica.keysRefusedAhead()
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

    /// The delta has come to its end, and not all of it here.
    private func requestMissing(of head: IncomingDelta.Head) {
        if context.transport.hasWindows {
            pending.requestsMissing = true
        } else {
            incoming.endHead()
            pending.hasRequestedAgain = false
            requestAgain()
        }
    }

    /// The ended sources that the sender of a whole delta has named, in it or in vectors before it.
    var endedSources: [RetiredClaim] {
        guard let received = memory?.receivedRetired, !received.isEmpty else { return incoming.retired }
        return received + incoming.retired
    }
}
