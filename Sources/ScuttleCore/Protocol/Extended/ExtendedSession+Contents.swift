/// The content check: two replicas with equal vectors exchange a hash of their entries. If the hashes differ, a line
/// was altered or lost. Both hosts get a report, and each replica sends all its entries to the other.
extension ExtendedSession {
    /// Compares the contents of two replicas whose vectors are equal.
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
            // The peer's reply has a hash, and the peer needs this replica's, too. One hello suffices: two replicas
            // that stay different must not send hellos for ever.
            if hello.isReply, pending.hello == .none {
                pending.hello = .reply
                pending.statesContents = true
            }
        }
        guard !isReadOnly, memory.exchangedAt != replica.entryChanges, pending.spendOverhaul() else { return }
        memory.exchangedAt = replica.entryChanges
        pending.requestsContents = true
    }

    /// Appends a request for all entries of the peer.
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
        replica.counters.requests &+= 1
        pending.requestsContents = false
        return true
    }

    /// Begins a contents delta, which the peer has requested.
    func beginContents(_ part: VectorPart) {
        if !isReadOnly { replica.republishInverted() }
        if let outgoing, outgoing.mode == .contents {
            guard context.transport.hasWindows else { return }
            outgoing.nonce = part.nonce
            guard let progress = part.progress, progress.incarnation == replica.incarnation, progress.mode == .contents,
                progress.epoch == outgoing.kind
            else { return outgoing.restart(kind: outgoing.kind) }
            outgoing.resume(from: progress, last: replica.arrivals.last, epoch: replica.epoch)
            return outgoing.openWindow()
        }
        count(.contents)
        begin(.contents, from: 0, epoch: part.epoch, nonce: part.nonce)
    }

    /// Republishes the entries that differ from the peer's, because other replicas may hold the peer's entries. All
    /// entries of the peer have arrived.
    func finishContents() {
        var kept: [KeyID] = []
        replica.keys.forEach { key, record in
            let theirs = incoming.kept(key)
            // An entry that arrived after the comparison was not compared. A tombstone that the peer has purged is no
            // difference.
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
