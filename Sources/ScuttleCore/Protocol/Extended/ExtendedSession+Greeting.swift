/// Hello and reject: who is there, and whether there is anything to talk about.
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

    /// After so many gossips the whole vector is asked for: two vectors may share one hash, and what is known of the peer may rest
    /// on a message that came late.
    private static var gossipsBetweenVectors: UInt8 { 64 }
    /// A delta that does not go on within so many gossips counts no more.
    private static var gossipsBeforeInvalidation: UInt8 { 16 }

    /// Asks once more of its own accord: something did not fit together. One such request is underway at a time, and each
    /// follows a change of this replica's state; so nothing can go round in circles.
    func requestAgain() {
        let here = PendingControl.fingerprint(replica.revision &- replica.changesAhead, replica.settled)
        guard here != pending.requestedAgainFingerprint, !pending.hasRequestedAgain else { return }
        pending.requestedAgainFingerprint = here
        pending.hasRequestedAgain = true
        // A reply that has not gone out yet requests as much, and wants no reply.
        if pending.hello == .none { pending.hello = .request }
    }

    /// Asks for the peer's reset, which this replica lacks, or which did not fit what has come meanwhile. Two peers whose resets
    /// undo each other would go on for ever; so a link asks some times until a reset is whole or the host gossips, and not
    /// all links ask the same number of times.
    func requestReset() {
        guard pending.resetsLeft > 0 else { return }
        pending.resetsLeft -= 1
        requestAgain()
    }

    func allowResets() {
        pending.resetsLeft = UInt8(truncatingIfNeeded: 1 + replica.nonces.next() % 8)
    }

    /// Whether a hello counts.
    /// - Throws: `.cluster`, `.protocolVersion`, `.identity`, after which the link has ended; `.id`, `.nul`, `.version`.
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
                    "the peer speaks protocol versions \(UInt64(theirs.lowerBound)) to \(UInt64(theirs.upperBound)) only"
                ))
        }
        guard !hello.source.equals(replica.id) else {
            throw context.end(.identity, Failure(.identity, "the peer has the same source as this replica"))
        }
        return true
    }

    /// Takes a hello that counts.
    func receive(_ hello: Hello) {
        let isNew = meet(hello)
        if isNew { context.raise(.hello) }
        noteTwins(of: hello, isNew: isNew)
        pending.hasSaidHello = true
        // Equal vectors bring no delta, and a replica republishes its inverted entries before a delta.
        if !isReadOnly, hello.hash == replica.vectorHash { replica.settleInversions() }
        let isEqual = hello.hash == replica.vectorHash
        var isReply = hello.isReply
        if !hello.isReply {
            // Where this replica was about to ask, the peer has answered.
            isReply = pending.hello == .request
            pending.hello = .reply
            pending.statesContents = isEqual
        }
        let isNear = isReadOnly || approach(hello.lamport)
        pending.isFar = !isNear
        guard isNear else {
            // The peer is further ahead than a hello may bring this replica: one more.
            if pending.stepsLeft > 0 { pending.hello = .request }
            return
        }
        if isEqual { beInStep(with: hello, isReply: isReply) } else { beOutOfStep(with: hello) }
    }

    /// Takes the peer's token, and says hello again with an echo of it.
    func receiveChallenge(_ token: UInt64) {
        // A repeated one asks for nothing new, so nothing goes round in circles.
        guard let address = context.transport.address, address.isEchoed, token != address.peerToken else { return }
        address.peerToken = token
        if pending.hasSaidHello { pending.hello = .request }
    }

    /// Goes towards a number of the peer's, in steps where it is far, and so many from one gossip to the next.
    func approach(_ lamport: Version) -> Bool {
        let isFar = lamport > replica.version && lamport - replica.version > replica.configuration.limits.versionJump
        guard isFar else { return replica.approach(lamport) }
        guard pending.stepsLeft > 0 else { return false }
        pending.stepsLeft -= 1
        return replica.approach(lamport)
    }

    /// Takes note of who the peer is; whether it is another one than before.
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
        if !isInStep {
            isInStep = true
            context.raise(.inStep)
        }
        if outgoing?.isIdle ?? true {
            peer.subscription = hello.nonce
            checkedDetours = replica.detours
            follow()
        }
        compareContents(with: hello)
        if isReply, invalidatePeerIfDue() { pending.requestsVector = true }
    }

    /// Forgets what is known of the peer after every so many gossips. Whether it has.
    private func invalidatePeerIfDue() -> Bool {
        guard gossips >= Self.gossipsBetweenVectors else { return false }
        gossips = 0
        invalidatePeer()
        memory?.settledFingerprint = 0
        incoming.invalidateTransfer()
        return true
    }

    /// What is known of the peer's vector may be wrong: the next one is asked for as a whole.
    private func invalidatePeer() {
        peer.invalidate()
        memory?.sentRetired = (0, 0, 0)
        memory?.vectorRetired = (0, 0)
    }

    /// What the vector was before a base is not kept any more.
    func dropBases(before base: UInt64) {
        if !peer.leaveBases(before: base, in: replica) { invalidatePeer() }
    }

    private func beOutOfStep(with hello: Hello) {
        isInStep = false
        if !isReadOnly { replica.renewPromise() }
        if isQuiet(hello), gossips < Self.gossipsBetweenVectors { return }
        // While a delta for this peer goes out on a stream, its vector would change nothing.
        guard context.transport.hasWindows || outgoing == nil || outgoing?.epoch != hello.epoch else { return }
        if invalidatePeerIfDue() || !serves(hello) { pending.requestsVector = true }
    }

    /// A hello is as good as a request if the peer's vector is known here, and the two vectors say who lacks something.
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
            // Who begins a link does not know yet to whom it speaks, and cannot say how far the deltas from here have come. What
            // it said last is used once, since most of a short link would go by with asking. An early delta goes on nowhere.
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
        // What a read-only link asks for is nothing.
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
