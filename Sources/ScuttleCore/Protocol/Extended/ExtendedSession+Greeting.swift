/// Hellos and rejects: the identity of the peer, and whether the vectors differ.
extension ExtendedSession {
    func beginGossip() {
        pending.hasSaidHello = true
        pending.hasRequestedAgain = false
        pending.missingFingerprint = 0
        pending.requestedAgainFingerprint = 0
        pending.stepsLeft = PendingControl.maxSteps
        pending.allowOverhauls()
        allowResets()
        gossips &+= 1
        if silence < .max { silence += 1 }
        if gossips == Self.gossipsBetweenVectors - Self.gossipsBeforeInvalidation { incoming.noteTransferProgress() }
        if !context.output.hasUnsentRequest { pending.hello = .request }
    }

    /// The number of gossips after which the whole vector is requested. Two vectors may have one hash, and a late
    /// message may have changed the peer state.
    private static var gossipsBetweenVectors: UInt8 { 64 }
    /// The number of gossips after which a delta without progress does not count any more.
    private static var gossipsBeforeInvalidation: UInt8 { 16 }

    /// Sends a request beyond those of the host's gossips, because something did not fit. One such request is open at a
    /// time, and each needs a change of this replica's state before it, so requests cannot go on for ever.
    func requestAgain() {
        let here = PendingControl.fingerprint(
            replica.revision &- replica.uncoveredExceptionChanges, replica.entryChanges)
        guard here != pending.requestedAgainFingerprint, !pending.hasRequestedAgain else { return }
        pending.requestedAgainFingerprint = here
        pending.hasRequestedAgain = true
        // A pending reply requests as much, and needs no reply.
        if pending.hello == .none { pending.hello = .request }
    }

    /// Requests the peer's reset: this replica lacks it, or it did not fit updates that have arrived meanwhile. Two
    /// peers whose resets undo each other would go on for ever. So a link sends a limited number of such requests until
    /// a reset is complete or the host gossips, and the number differs between links.
    func requestReset() {
        guard pending.resetsLeft > 0 else { return }
        pending.resetsLeft -= 1
        requestAgain()
    }

    func allowResets() {
        pending.resetsLeft = UInt8(truncatingIfNeeded: 1 + replica.nonces.next() % 8)
    }

    /// Whether a hello counts.
    /// - Throws: `.cluster`, `.protocolVersion`, `.identity`, after which the link has ended; `.id`, `.nul`,
    ///   `.version`.
    func admits(_ hello: Hello) throws(Failure) -> Bool {
        try Limits.check(clockOf: hello.source, at: hello.lamport)
        guard context.transport.address?.admits(hello) ?? true else { return false }
        guard hello.cluster.equals(replica.cluster.bytes) else {
            throw context.end(.cluster, Failure(.cluster, "the peer belongs to another cluster"))
        }
        let theirs = hello.protocolVersions
        guard theirs.overlaps(replica.configuration.protocolVersions) else {
            throw context.end(
                .protocolVersion,
                Failure(
                    .protocolVersion,
                    "the peer supports protocol versions \(UInt64(theirs.lowerBound)) to \(UInt64(theirs.upperBound)) only"
                ))
        }
        guard !hello.source.equals(replica.id) else {
            throw context.end(.identity, Failure(.identity, "the peer has this replica's source"))
        }
        return true
    }

    /// Applies a hello that counts.
    func receive(_ hello: Hello) {
        let isNew = meet(hello)
        if isNew { context.raise(.hello) }
        noteTwins(of: hello, isNew: isNew)
        pending.hasSaidHello = true
        // Equal vectors make no delta, and inverted entries are otherwise republished before a delta.
        if !isReadOnly, hello.hash == replica.vectorHash { replica.republishInverted() }
        let isEqual = hello.hash == replica.vectorHash
        var isReply = hello.isReply
        if !hello.isReply {
            // The peer's hello serves as the reply to a pending request.
            isReply = pending.hello == .request
            pending.hello = .reply
            pending.statesContents = isEqual
        }
        let isNear = isReadOnly || approach(hello.lamport)
        pending.isFar = !isNear
        guard isNear else {
            // The peer's Lamport number is above what one hello may add: one more hello.
            if pending.stepsLeft > 0 { pending.hello = .request }
            return
        }
        if isEqual { beInStep(with: hello, isReply: isReply) } else { beOutOfStep(with: hello) }
    }

    /// Applies the peer's token, and sends a hello with an echo of it.
    func receiveChallenge(_ token: UInt64) {
        // A repeated challenge needs no hello, so challenges cannot go on for ever.
        guard let address = context.transport.address, address.isEchoed, token != address.peerToken else { return }
        address.peerToken = token
        if pending.hasSaidHello { pending.hello = .request }
    }

    /// Raises this replica's version towards the peer's Lamport number: by `max_version_jump` if that is far, a limited
    /// number of times between two gossips. Returns whether it is reached.
    func approach(_ lamport: Version) -> Bool {
        let isFar = lamport > replica.version && lamport - replica.version > replica.configuration.limits.versionJump
        guard isFar else { return replica.raiseVersion(towards: lamport) }
        guard pending.stepsLeft > 0 else { return false }
        pending.stepsLeft -= 1
        return replica.raiseVersion(towards: lamport)
    }

    /// Notes the identity of the peer. Returns whether it is another incarnation than before.
    private func meet(_ hello: Hello) -> Bool {
        silence = 0
        notePeer(hello.source)
        let isNew = hello.incarnation != peer.incarnation
        if isNew {
            rememberPeer()
            dropPeer()
            recallPeer(hello.incarnation)
        }
        peer.begin(incarnation: hello.incarnation)
        if let progress = hello.progress { peer.note(progress) }
        if peer.contradicts(epoch: hello.epoch, revision: hello.revision) { invalidatePeer() }
        return isNew
    }

    private func beInStep(with hello: Hello, isReply: Bool) {
        if hello.epoch != peer.epoch { liveHeadIsDue = true }
        peer.equals(replica, epoch: hello.epoch, revision: hello.revision)
        memory?.equalUpTo = replica.own.covered
        if outgoing?.isIdle ?? true {
            peer.subscription = hello.nonce
            checkedBypasses = replica.historyBypasses
            follow()
        }
        if !isInStep {
            isInStep = true
            // The last step, so that a host finds the link as it is from now on.
            context.raise(.inStep)
        }
        compareContents(with: hello)
        if isReply, invalidatePeerIfDue() { pending.requestsVector = true }
    }

    /// Invalidates the peer state after a number of gossips. Returns whether it has.
    private func invalidatePeerIfDue() -> Bool {
        guard gossips >= Self.gossipsBetweenVectors else { return false }
        gossips = 0
        invalidatePeer()
        memory?.settledFingerprint = 0
        incoming.invalidateTransfer()
        return true
    }

    /// Invalidates the peer state. The next request is for the whole vector.
    private func invalidatePeer() {
        peer.invalidate()
        memory?.forgetSentRetired()
    }

    /// Drops the bases before one, because the past of the vector is kept from there on.
    func dropBases(before base: UInt64) {
        if !peer.leaveBases(before: base, in: replica) { invalidatePeer() }
    }

    private func beOutOfStep(with hello: Hello) {
        isInStep = false
        if !isReadOnly { replica.raiseLowWaterMark() }
        if isQuiet(hello), gossips < Self.gossipsBetweenVectors { return }
        // While a stream sends the peer a delta, its vector would change nothing.
        guard context.transport.hasWindows || outgoing == nil || outgoing?.epoch != hello.epoch else { return }
        if invalidatePeerIfDue() || !serves(hello) { pending.requestsVector = true }
    }

    /// Whether a hello serves as a request. It does if the peer's vector is known, and the two vectors show which
    /// replica lacks updates.
    private func serves(_ hello: Hello) -> Bool {
        guard peer.isKnown(at: hello.revision, of: hello.epoch),
            !replica.configuration.disabledRules.contains(.progress)
        else { return false }
        let progress = hello.progress ?? peer.progress
        let here = PendingControl.fingerprint(
            replica.revision, hello.revision, (progress?.sequence ?? 0) ^ (incoming.transfer?.received.end ?? 0) << 32)
        guard peer.mayServe(at: here) else {
            invalidatePeer()
            return false
        }
        peer.dropExpected()
        if hello.nonce > 0, peer.coversLess(than: replica) {
            // The first hello of a link cannot state the progress of this replica's deltas, because its sender does not
            // know its peer yet. The progress that the peer stated last serves once; otherwise most of a short link
            // would pass with requests. An early delta has no progress.
            guard hello.isReply || peer.hasFreshProgress || servesFromHistory || sendsEarly else { return false }
            peer.hasFreshProgress = false
            (peer.nonce, peer.subscription) = (hello.nonce, hello.nonce)
            beginDelta(progress)
            noteBacklog()
            return true
        }
        return peer.coversMore(than: replica)
    }

    func dropPeer() {
        outgoing = nil
        follows = nil
        liveHeadIsDue = true
        incoming.endPeer()
        peer = PeerState()
        withheld = nil
        isInStep = false
        isDeferred = false
        memory = nil
    }

    // MARK: Control messages

    func appendControl(_ budget: SendBudget) -> Bool {
        context.appendControl(budget) { appendControlMessage($0) }
    }

    private func appendControlMessage(_ budget: SendBudget) -> Bool {
        if pending.hello != .none { return appendHello(budget) }
        if pending.sendsTwin {
            guard context.append(within: budget, { $0.appendTwin() }) else { return false }
            pending.sendsTwin = false
            return true
        }
        if pending.sendsRefused { return appendRefused(budget) }
        if pending.requestsVector {
            let request = VectorRequest(revision: peer.revision, from: peer.next, retired: replica.retired.whole)
            guard context.append(within: budget, { $0.appendRequest(request) }) else { return false }
            pending.requestsVector = false
            return true
        }
        if pending.requestsContents { return appendContentsRequest(budget) }
        return appendVector(budget)
    }

    private func appendHello(_ budget: SendBudget) -> Bool {
        let isReply = pending.hello == .reply
        let contents = pending.statesContents && replica.mayStateContents ? replica.contentHash : nil
        var requests = self.requests
        // A read-only link requests nothing.
        let nonce = isReadOnly ? 0 : requests.open(.subscription)
        var hello = Hello(
            protocolVersions: replica.configuration.protocolVersions, source: replica.id,
            incarnation: replica.incarnation, cluster: replica.cluster.bytes, lamport: replica.version,
            epoch: replica.epoch, revision: replica.revision, hash: replica.vectorHash, contents: contents,
            nonce: nonce,
            progress: progress(), isReply: isReply)
        if let address = context.transport.address {
            if !isReply { hello.token = address.token }
            hello.progress = Progress.fitting(hello.progress, within: budget.bytes) { progress in
                hello.progress = progress
                return context.output.measure { $0.appendHello(hello) }
            }
        }
        guard context.append(within: budget, isRequest: !isReply, { $0.appendHello(hello) }) else { return false }
        self.requests = requests
        pending.hello = .none
        pending.statesContents = false
        return true
    }
}
