/// The content check: two replicas whose vectors are equal tell each other a hash of what they hold. Where that differs, a
/// line was altered or lost on its way somewhere; both hosts are told, and both replicas send all that they hold.
extension ExtendedSession {
    /// The vectors of both are equal.
    func compareContents(with hello: Hello) {
        guard let theirs = hello.contents, replica.mayStateContents,
            !replica.configuration.disabledRules.contains(.content)
        else { return }
        let ours = replica.contentHash
        guard theirs != ours else { return }
        let pair = FoldHash.fold(theirs.low ^ FoldHash.key.0, ours.low ^ FoldHash.key.1)
        let memory = remembering()
        if pair != memory.divergence {
            memory.divergence = pair
            if !replica.hasMetClassic { context.raise(.diverged) }
            // The peer has told; it has to hear, too, but once: two that stay different must not go on telling each other.
            if hello.isReply, pending.hello == .none {
                pending.hello = .reply
                pending.statesContents = true
            }
        }
        guard !isReadOnly, memory.exchangedAt != replica.settled, pending.spendOverhaul() else { return }
        memory.exchangedAt = replica.settled
        pending.requestsContents = true
    }

    /// Asks for all that the peer holds.
    func appendContentsRequest(_ budget: SendBudget) -> Bool {
        var requests = self.requests
        var part = VectorPart(
            incarnation: replica.incarnation, epoch: replica.epoch, nonce: requests.open(.contents), since: 0,
            until: replica.revision, from: 0, to: 0, isLast: true, lamport: replica.version, wantsContents: true,
            progress: nil, claims: [])
        func write(_ line: inout MessageBuffer) {
            line.appendVector(part)
            line.appendClaimsEnd(from: 0, to: 0, isLast: true)
        }
        if incoming.transfer?.mode == .contents {
            part.progress = Progress.fitting(progress(), within: budget.bytes) {
                part.progress = $0
                return context.output.measure(write)
            }
        }
        guard context.append(within: budget, write) else { return false }
        self.requests = requests
        pending.requestsContents = false
        return true
    }

    /// The peer has asked for all that this replica holds.
    func beginContents(_ part: VectorPart) {
        if !isReadOnly { replica.settleInversions() }
        if let outgoing, outgoing.mode == .contents {
            guard context.transport.hasWindows else { return }
            outgoing.nonce = part.nonce
            guard let progress = part.progress, progress.incarnation == replica.incarnation, progress.mode == .contents,
                progress.epoch == outgoing.kind
            else { return outgoing.restart(kind: outgoing.kind) }
            outgoing.resume(from: progress, last: replica.arrivals.last, epoch: replica.epoch)
            return outgoing.openWindow()
        }
        begin(.contents, from: 0, epoch: part.epoch, nonce: part.nonce)
    }

    /// All that the peer holds has come: what stands here against it is republished, since others may hold what the peer does.
    func finishContents() {
        var kept: [KeyID] = []
        replica.keys.forEach { key, record in
            let theirs = incoming.kept(key)
            // What has come since is not what was compared; and a tombstone that the peer has forgotten is no difference.
            if record.arrival <= incoming.begun, theirs != record.arrival, theirs != 0 || !record.isDelete {
                kept.append(key)
            }
            return true
        }
        for key in kept {
            guard replica.mayWrite, let record = replica.keys[key] else { continue }
            replica.republish(key, record)
        }
    }
}
