/// Requests: a version vector is sent in parts, with the changes that its receiver lacks, and a delta for it comes
/// back.
extension ExtendedSession {
    /// Handles a request for this replica's vector.
    func receive(_ request: VectorRequest) {
        guard isAddressed, !isReadOnly, !pending.isFar, !isSettled else {
            return
        }
        pending.peerHas = request.revision <= replica.revision ? request.revision : 0
        pending.peerRetired = request.retired
        sendVector(from: request.from)
        noteBacklog()
    }

    private func sendVector(from item: Int, window: UInt64 = 0, copies: UInt8 = 0) {
        pending.hasRequestedAgain = false
        replica.refreshRetirements()
        prepareRefused(isRequested: window == 0)
        pending.vector = PendingControl.VectorWalk(
            from: max(0, min(item, replica.vectorItems)), until: replica.revision,
            epoch: replica.epoch, generation: replica.retired.generation, copies: copies, window: window)
    }

    /// Requests the missing part of a delta in datagrams. If nothing has arrived since the latest such request, the
    /// next gossip requests it: two replicas that cannot agree must not go on for ever.
    func requestMissing() {
        pending.requestsMissing = false
        let windowEnds = pending.removeWindowEnds()
        if windowEnds > 0, let walk = pending.vector, walk.window == incoming.window, walk.window > 0 {
            pending.vector?.copies = walk.copies &+ windowEnds
            return
        }
        let received = incoming.transfer.map { $0.received.end &+ UInt64(truncatingIfNeeded: $0.nextItem) } ?? 0
        let here = PendingControl.fingerprint(received, incoming.window, replica.revision)
        guard pending.vector == nil, windowEnds > 0 || here != pending.missingFingerprint else { return }
        pending.missingFingerprint = here
        if incoming.transfer?.mode == .contents {
            pending.requestsContents = true
        } else {
            sendVector(from: 0, window: windowEnds > 0 ? incoming.window : 0, copies: max(windowEnds, 1) - 1)
        }
    }

    /// Appends the next part of this replica's vector; on a stream in a line that any receiver accepts.
    func appendVector(_ budget: SendBudget) -> Bool {
        guard var walk = pending.vector else { return false }
        // Each of several copies is a datagram of its own.
        if walk.isCopy, context.output.end > 0 { return false }
        if walk.epoch != replica.epoch || walk.generation != replica.retired.generation {
            (walk.from, walk.epoch, walk.generation, walk.nonce) = (0, replica.epoch, replica.retired.generation, 0)
        }
        // Hellos may have been sent since the vector became pending, and deltas serve requests in order.
        if walk.nonce == 0 { walk.nonce = requests.open(.vector) }
        pending.vector = walk
        let items = replica.vectorItems
        let knowsSame = replica.retired.liveCount > 0 && pending.peerRetired == replica.retired.whole
        var part = VectorPart(
            incarnation: replica.incarnation, epoch: replica.epoch, nonce: walk.nonce, since: pending.peerHas,
            until: walk.until, from: walk.from, to: walk.from, isLast: false, lamport: replica.version,
            progress: progress(window: walk.window), claims: [])
        part.sameRetired = knowsSame ? replica.retired.whole : nil
        part.retiredFloor = replica.retired.floor
        part.took = memory?.appliedRetired ?? 0
        func frame() -> Int {
            context.output.measure {
                $0.appendVector(part)
                $0.appendClaimsEnd(from: items, to: items, isLast: false)
            }
        }
        let ranges = part.progress?.ranges.count
        part.progress = Progress.fitting(part.progress, within: budget.bytes - SendBudget.minLine) {
            part.progress = $0
            return frame()
        }
        // Without its window the vector would open another one at the peer. So a part does not fill the rest of a
        // datagram if its progress is cut there.
        if context.output.end > 0, part.progress?.ranges.count != ranges { return false }
        let left = budget.lineCapacity(beside: frame(), onStream: Int(walk.lineLength))
        let firstRetired = knowsSame ? .max : replica.retired.firstPosition(since: pending.peerHas)
        let slice = VectorSlice.of(
            replica, from: walk.from, within: left - SendBudget.sections, fitsOne: !budget.isLimited
        ) {
            replica.nextChange(since: pending.peerHas + 1, from: $0, isBase: false)
        } source: {
            replica.sources[$0].changedAt > pending.peerHas
        } firstName: {
            replica.sources.names.latestChange > pending.peerHas ? 0 : .max
        } name: {
            replica.sources.names[$0].changedAt > pending.peerHas
        } firstRetired: {
            firstRetired
        } retired: {
            // A peer that has a source in full does not learn of this replica's version by that.
            !peer.retired.knows($0, in: replica.retired) || isHeldInFull($0)
        }
        part.to = slice.end
        part.isLast = part.to == items
        guard left >= 0, part.isLast || part.to > part.from else { return context.reportNoSpace(budget) }
        context.output.append { line in
            line.appendVector(part)
            for (index, id) in slice.sources.enumerated() {
                let source = replica.sources[id]
                line.appendClaim(source, source.covered, source.purged, isFirst: index == 0)
            }
            for (index, id) in slice.names.enumerated() { line.appendName(claim(of: id), isFirst: index == 0) }
            for (index, position) in slice.retired.enumerated() {
                line.appendRetired(RetiredClaim(replica.retired[position]), isFirst: index == 0)
            }
            line.appendClaimsEnd(from: part.from, to: part.to, isLast: part.isLast, hasRetired: !slice.retired.isEmpty)
        }
        walk.from = part.to
        walk.lineLength = min(2 &* walk.lineLength, UInt16(SendBudget.maxLine))
        if part.isLast, walk.copies > 0, part.from == 0 {
            walk.copies -= 1
            (walk.from, walk.isCopy) = (0, true)
            pending.vector = walk
        } else {
            pending.vector = part.isLast ? nil : walk
            if part.isLast { replica.counters.requests &+= 1 }
        }
        if part.isLast, walk.window == 0 { noteRequested(walk.nonce) }
        if part.isLast, context.transport.keepsOrder { memory?.noteVector(walk.nonce) }
        if part.isLast, context.transport.keepsOrder, replica.retired.liveCount > 0 {
            remembering().vectorRetired = (replica.retired.count, replica.retired.generation)
        }
        return true
    }

    private func claim(of name: NameID) -> NameClaim {
        let facts = replica.sources.names[name]
        return NameClaim(
            name: replica.sources.name(of: name), number: facts.retirement, state: facts.state,
            sequence: facts.statement.sequence, hash: facts.statement.hash)
    }

    /// Applies a part of the peer's vector. The last one completes its request, and begins a delta.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`, `.identity`, which ends the link.
    func receive(_ part: VectorPart) throws(Failure) {
        guard isAddressed else { return }
        try Limits.check(clockOf: replica.id, at: part.lamport)
        if part.wantsContents {
            guard part.incarnation == peer.incarnation else { return }
            beginContents(part)
            return noteBacklog()
        }
        let sources = try sources(of: part.claims)
        guard peer.apply(part) else { return }
        for (id, claim) in zip(sources.ids, part.claims) {
            guard let id else {
                noteRetired(claim)
                // On a read-only link a source of which the peer has purged tombstones may stay unknown.
                if isReadOnly, claim.purged > 0 { peer.notePurged(claim.purged) }
                continue
            }
            // The peer has dropped a retired source, and it has returned there.
            if claim.covered < peer.confirmed(id, in: replica), part.until >= peer.revision {
                peer.drop(id, in: replica)
            }
            peer.note(id, covered: claim.covered, purged: claim.purged, in: replica)
        }
        noteRetired(part)
        if !isReadOnly {
            for claim in part.names { replica.merge(claim) }
            if part.retiredFloor > replica.retired.floor, pending.spendOverhaul() {
                replica.raiseRetiredFloor(to: part.retiredFloor)
            }
        }
        if !isReadOnly { _ = approach(part.lamport) }
        if part.isLast, peer.next == 0 {
            memory?.exceptionsBefore = nil
            peer.settle(in: replica)
            (peer.nonce, peer.subscription) = (part.nonce, part.nonce)
            peer.note(part.progress)
            peer.hasFreshProgress = false
            beginDelta(part.progress)
            noteBacklog()
        }
        try checkCapacity(sources)
    }

    /// Notes that the peer has in full a source that is retired here.
    private func noteRetired(_ claim: SourceClaim) {
        guard replica.retired.liveCount > 0, let position = replica.retired.find(SourceHash(of: claim.source)),
            claim.covered >= replica.retired[position].version
        else { return }
        noteHeldInFull(position)
    }

    /// The same for an index in the retired table.
    func noteHeldInFull(_ position: Int) {
        peer.retired.note(position, in: replica.retired)
        remembering().heldInFull.note(position, in: replica.retired)
    }

    /// Applies the retired sources in a part of the peer's vector.
    private func noteRetired(_ part: VectorPart) {
        // A sum that is not the present one belongs to an earlier request or incarnation.
        if part.sameRetired == replica.retired.whole { peer.noteSameRetired(in: replica.retired) }
        if part.took > 0, let sent = memory?.sentRetired, part.took == sent.nonce {
            peer.retired.note(upTo: sent.count, of: sent.generation, in: replica.retired)
        }
        for claim in part.retired {
            if let position = replica.retired.find(claim.hash) {
                if claim.version >= replica.retired[position].version {
                    peer.retired.note(position, in: replica.retired)
                }
                if claim.version > replica.retired[position].version {
                    if claim.isPurged { peer.notePurged(claim.version) }
                    noteReceived(claim)
                }
            } else if let id = replica.sources.find(claim.hash) {
                guard id != SourceTable.own || claim.version <= replica.own.covered else { continue }
                peer.note(id, covered: claim.version, purged: claim.isPurged ? claim.version : 0, in: replica)
                if claim.isFinal, !isReadOnly { replica.noteEnded(id, at: claim.version) }
                noteReceived(claim)
            } else if claim.version > replica.retired.floor {
                if claim.isPurged { peer.notePurged(claim.version) }
                noteReceived(claim)
            }
        }
    }

    /// Notes a claim of a retired source in the peer's vector. On a stream the peer's next complete delta does not
    /// repeat it.
    private func noteReceived(_ claim: RetiredClaim) {
        guard context.transport.keepsOrder, !isReadOnly else { return }
        // The retired table would drop more claims than its capacity.
        remembering().noteReceived(claim, capacity: max(replica.configuration.maxRetired, 1024))
    }
}
