/// The choice of the delta that serves a request, and of its start: a log delta if the history has all that the peer
/// lacks, otherwise a delta from the state.
extension ExtendedSession {
    /// Begins a delta for the peer's request, or continues one that serves it.
    func beginDelta(_ progress: Progress? = nil) {
        let peerLags = peerLags
        isDeferred = false
        if sendsEarly { return beginEarlyDelta() }
        if !isReadOnly {
            if replica.mustRepublish(against: peer) {
                // The next gossip has to request it again.
                guard pending.spendOverhaul() else { return }
                replica.republish(against: peer)
            }
            replica.republishInverted()
            replica.raiseLowWaterMark()
        }
        if checkedEpoch != replica.epoch, let outgoing, outgoing.mode == .reset { adapt(outgoing) }
        checkedEpoch = replica.epoch
        checkedBypasses = replica.historyBypasses
        if let outgoing, outgoing.epoch == peer.epoch, outgoing.mode != .early, outgoing.mode.claimsVector,
            outgoing.mode.hasCovers ? !peerLags : peerLags == (outgoing.mode == .reset)
        {
            outgoing.hasContent = true
            if !context.transport.hasWindows { return }
            outgoing.nonce = peer.nonce
            // A vector for an earlier window states less progress than a vector since.
            let isLate = progress.map { $0.window > 0 && $0.window != outgoing.window } ?? false
            guard !isLate else { return }
            if let progress, progress.incarnation == replica.incarnation, progress.mode == outgoing.mode,
                progress.epoch == outgoing.kind
            {
                // An update that fitted no datagram may fit now: it is sent again, and the commit from its beginning.
                let mayFit = outgoing.isIdle && withheld != nil
                resume(outgoing, from: progress)
                if mayFit {
                    withheld = nil
                    outgoing.beginCommit()
                }
                return outgoing.openWindow()
            }
        }
        if context.transport.hasWindows, outgoing == nil, let window = progress?.window, window > 0 {
            // Of the vectors for the last window of a delta that has ended, one tells what has to be sent again.
            guard window == lastWindow else { return }
            lastWindow &+= 1
        }
        // Updates that were sent and not confirmed may be lost. The start of a delta, which states what the peer has,
        // must not depend on them.
        peer.dropExpected()
        let (mode, start) = chooseDelta(peerLags: peerLags)
        begin(mode, from: start)
        if let progress { resume(from: progress) }
    }

    /// Begins an early delta: updates above all GC versions. This replica has missed tombstones that the peer has
    /// purged, and would republish losers of the peer's entries in vain. So the peer's reset comes first.
    private func beginEarlyDelta() {
        isDeferred = true
        if context.transport.hasWindows, let outgoing, outgoing.mode == .early, outgoing.epoch == peer.epoch {
            // No vector states the progress of an early delta, so it continues, in the next window if its window has
            // ended.
            outgoing.nonce = peer.nonce
            if outgoing.endingWindow > 0 { outgoing.openWindow() }
        } else {
            begin(.early, from: 0)
        }
        requestReset()
    }

    /// Whether this replica lags, and the peer does not.
    var sendsEarly: Bool {
        peer.isAhead(of: replica) && (isReadOnly || !peer.lags(behind: replica))
            && !replica.configuration.disabledRules.contains(.republish)
    }

    private func begin(_ mode: DeltaMode, from start: UInt64) {
        count(mode)
        begin(mode, from: start, epoch: peer.epoch, nonce: peer.nonce)
    }

    func begin(_ mode: DeltaMode, from start: UInt64, epoch: UInt64, nonce: UInt64) {
        follows = nil
        echoes = 0
        withheld = nil
        liveHeadIsDue = true
        outgoing = OutgoingDelta(
            mode, epoch: epoch, nonce: nonce, kind: replica.epoch, start: start, begun: replica.arrivals.last)
        outgoing?.window = lastWindow &+ 1
        beginSorting(mode)
        context.watchBacklog()
    }

    /// Counts a delta that serves a request.
    @inline(never)
    func count(_ mode: DeltaMode) {
        switch mode {
        case .log: replica.counters.deltasLog &+= 1
        case .state: replica.counters.deltasState &+= 1
        case .reset: replica.counters.deltasReset &+= 1
        case .early: replica.counters.deltasEarly &+= 1
        case .contents: replica.counters.deltasContents &+= 1
        }
    }

    /// Resumes the new delta from the peer's progress, which may be that of an earlier link, unless the progress does
    /// not fit it.
    private func resume(from progress: Progress) {
        guard let outgoing, outgoing.mode == progress.mode, progress.incarnation == replica.incarnation,
            progress.epoch <= replica.epoch, replica.removals.reaches(progress.epoch, progress.mode),
            !replica.configuration.disabledRules.contains(.progress)
        else { return }
        outgoing.kind = progress.epoch
        resume(outgoing, from: progress)
    }

    /// Resumes a delta. Entries that the peer is known to lack are sent again whatever its progress, once for each
    /// request and not for each window.
    private func resume(_ outgoing: OutgoingDelta, from progress: Progress) {
        let unsent = outgoing.missing.arranged { $0.from < $1.from }
        outgoing.resume(from: progress, last: replica.arrivals.last, epoch: replica.epoch)
        guard outgoing.mode == .state else { return }
        let wanted = wantedArrivals
        outgoing.rewind(
            to: progress.window == 0
                ? wanted : wanted.filter { OutgoingDelta.contains(unsent, $0) },
            inGaps: context.transport.hasWindows)
    }

    /// Whether the peer may have missed a tombstone that was purged here.
    var peerLags: Bool {
        let lags = peer.lags(behind: replica)
        return memory == nil ? lags : lagsByExceptions() || lags
    }

    /// Chooses the mode of a delta and its start: the history, if it has all that the peer lacks and most of it was not
    /// superseded; otherwise the state.
    private func chooseDelta(peerLags: Bool) -> (DeltaMode, UInt64) {
        guard !peerLags else { return (.reset, 0) }
        let arrival = firstMissingArrival
        if let wanted = wantedArrivals.first { return (.state, min(arrival, wanted - 1)) }
        // A log delta has no commit, and only a commit can name accounted exceptions.
        if let memory, memory.exceptsEnded || !memory.accounted.isEmpty { return (.state, arrival) }
        let holdsNothingAhead = replica.outOfOrderCount == 0 || replica.configuration.disabledRules.contains(.ahead)
        // Datagrams may be lost. In order of arrival only the lost ones have to be sent again.
        guard context.transport.keepsOrder, holdsNothingAhead, historyReaches, !sorts else { return (.state, arrival) }
        let index = firstMissingUpdate
        let updates = Int(truncatingIfNeeded: replica.history.end &- index)
        return updates > 2 * replica.arrivals.count(after: arrival) + 64 ? (.state, arrival) : (.log, index)
    }

    /// Whether a log delta serves the peer's request.
    var servesFromHistory: Bool {
        !peer.lags(behind: replica) && chooseDelta(peerLags: false).0 == .log
    }

    /// Makes a live link follow the history, after a delta has ended.
    func follow() {
        outgoing = nil
        checkedEpoch = replica.epoch
        guard context.isLive, peer.subscription != 0 else { return }
        if !context.transport.keepsOrder {
            begin(.state, from: replica.arrivals.last, epoch: peer.epoch, nonce: peer.subscription)
            outgoing?.becomeIdle()
        } else if follows == nil {
            follows = replica.history.end
            echoes = 0
            context.watchBacklog()
        }
    }

    /// The sequence up to which entries were sent to the peer. A tombstone behind it is needed still: without it the
    /// delta on its way would have to become a reset.
    var walkPosition: Arrivals.Sequence {
        guard !isReadOnly else { return .max }
        if let outgoing, outgoing.hasMore(in: replica) { return outgoing.mode.hasCovers ? 0 : outgoing.cursor }
        guard let follows, follows < replica.history.end else { return .max }
        return 0
    }

    /// Whether the history has all that the peer lacks.
    var historyReaches: Bool {
        for id in peer.differing(from: replica)
        where peer.covered(id, in: replica) < replica.sources[id].floor { return false }
        // The history has no updates of retired sources.
        return !peer.retired.missing(in: replica.retired).any
    }

    private var firstMissingUpdate: UInt64 {
        var first = replica.history.end
        for id in peer.differing(from: replica) {
            let source = replica.sources[id]
            let covered = peer.covered(id, in: replica)
            if source.reach > covered { first = min(first, replica.history.first(of: source, above: covered) ?? first) }
        }
        return first
    }

    /// A sequence at or before which no entry has arrived that the peer lacks. It may be lower than necessary.
    private var firstMissingArrival: Arrivals.Sequence {
        var first = replica.arrivals.last
        for id in peer.differing(from: replica) {
            let source = replica.sources[id]
            let covered = peer.covered(id, in: replica)
            guard source.entries.last > covered else { continue }
            guard source.entries.arrivesInOrder else { return 0 }
            guard let found = source.entries.nextLive(above: covered, of: id, replica.keys),
                let record = replica.keys[found.key]
            else { continue }
            first = min(first, record.arrival - 1)
        }
        return first
    }
}
