/// Which delta answers the peer, and where it begins: the history if that has all that the peer lacks, and the state otherwise.
extension ExtendedSession {
    /// Starts to answer the peer's request, or goes on with a delta for it that is on its way.
    func beginDelta(_ progress: Progress? = nil) {
        let peerLags = peerLags
        isDeferred = false
        if sendsEarly { return beginEarlyDelta() }
        if !isReadOnly {
            if replica.mustRepublish(against: peer) {
                // The next gossip has to ask again.
                guard pending.spendOverhaul() else { return }
                replica.republish(against: peer)
            }
            replica.settleInversions()
            replica.renewPromise()
        }
        if checkedEpoch != replica.epoch, let outgoing, outgoing.mode == .reset { adapt(outgoing) }
        checkedEpoch = replica.epoch
        checkedDetours = replica.detours
        if let outgoing, outgoing.epoch == peer.epoch, outgoing.mode != .early, outgoing.mode.claimsVector,
            outgoing.mode.hasCovers ? !peerLags : peerLags == (outgoing.mode == .reset)
        {
            outgoing.hasContent = true
            if !context.transport.hasWindows { return }
            outgoing.nonce = peer.nonce
            // What answers an earlier window says less than what has been heard since.
            let isLate = progress.map { $0.window > 0 && $0.window != outgoing.window } ?? false
            guard !isLate else { return }
            if let progress, progress.incarnation == replica.incarnation, progress.mode == outgoing.mode,
                progress.epoch == outgoing.kind
            {
                // What fitted no datagram may do so now: it goes out again, and the commit from its beginning.
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
            // Of the answers to the last window of a delta that has gone out one says what has to come again.
            guard window == lastWindow else { return }
            lastWindow &+= 1
        }
        // What was sent but not confirmed may be lost: the start of a delta, which says what the peer has, must not rest on it.
        peer.dropExpected()
        let (mode, start) = chooseDelta(peerLags: peerLags)
        begin(mode, from: start)
        if let progress { resume(from: progress) }
    }

    /// This replica has missed tombstones that the peer has forgotten: what loses to the peer's entries would be republished in
    /// vain, so the peer's reset comes first. What is above all that either has forgotten can go out at once.
    private func beginEarlyDelta() {
        isDeferred = true
        if context.transport.hasWindows, let outgoing, outgoing.mode == .early, outgoing.epoch == peer.epoch {
            // Nobody says what has come of it, so it goes on: behind its window if that is over.
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

    /// The new delta goes on where the peer says that it has come to, over whatever link, if nothing stands against that.
    private func resume(from progress: Progress) {
        guard let outgoing, outgoing.mode == progress.mode, progress.incarnation == replica.incarnation,
            progress.epoch <= replica.epoch, replica.forgotten.reaches(progress.epoch, progress.mode),
            !replica.configuration.disabledRules.contains(.progress)
        else { return }
        outgoing.kind = progress.epoch
        resume(outgoing, from: progress)
    }

    /// What the peer is known to lack goes out again, whatever it says that has come; but once for each request, and not for each
    /// window.
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

    /// Whether the peer may have missed a tombstone that has been forgotten here.
    var peerLags: Bool {
        let lags = peer.lags(behind: replica)
        return memory == nil ? lags : lagsByExceptions() || lags
    }

    /// Which delta the peer gets, and where it begins: the history, where that has all that the peer lacks, and is not mostly
    /// what has been superseded since; the state otherwise.
    private func chooseDelta(peerLags: Bool) -> (DeltaMode, UInt64) {
        guard !peerLags else { return (.reset, 0) }
        let arrival = firstMissingArrival
        if let wanted = wantedArrivals.first { return (.state, min(arrival, wanted - 1)) }
        // A log has no commit, which alone says what is accounted for.
        if let memory, memory.exceptsEnded || !memory.accounted.isEmpty { return (.state, arrival) }
        let holdsNothingAhead = replica.aheadCount == 0 || replica.configuration.disabledRules.contains(.ahead)
        // Datagrams get lost: with the order of arrival only those have to come again.
        guard context.transport.keepsOrder, holdsNothingAhead, historyReaches, !sorts else { return (.state, arrival) }
        let index = firstMissingUpdate
        let updates = Int(truncatingIfNeeded: replica.history.end &- index)
        return updates > 2 * replica.arrivals.count(after: arrival) + 64 ? (.state, arrival) : (.log, index)
    }

    /// Whether what the peer lacks is in the history.
    var servesFromHistory: Bool {
        !peer.lags(behind: replica) && chooseDelta(peerLags: false).0 == .log
    }

    /// A live link goes on with what is new, when there is nothing to catch up with.
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

    /// The sequence up to which the peer has been given what has arrived here: a tombstone behind it is still needed, lest what
    /// is on its way become a reset.
    var walkPosition: Arrivals.Stamp {
        guard !isReadOnly else { return .max }
        if let outgoing, outgoing.hasMore(in: replica) { return outgoing.mode.hasCovers ? 0 : outgoing.cursor }
        guard let follows, follows < replica.history.end else { return .max }
        return 0
    }

    /// Whether the history has all that the peer lacks.
    var historyReaches: Bool {
        for id in peer.differing(from: replica)
        where peer.covered(id, in: replica) < replica.sources[id].floor { return false }
        // Of ended sources without entries the history has nothing.
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

    /// No entry that the peer lacks has arrived here earlier; it may be more careful than need be.
    private var firstMissingArrival: Arrivals.Stamp {
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
