/// Deltas: what a peer lacks, from the history where that reaches, from the state where it does not.
extension Link {
    /// Starts to answer the peer's request, or goes on with a delta for it that is on its way.
    func beginDelta(_ progress: Progress? = nil) {
        let peerLags = peerLags
        isDeferred = false
        if answersEarly { return beginEarlyDelta() }
        if !isReadOnly {
            if replica.mustRepublish(against: peer) {
                // The next gossip has to ask again.
                guard pending.takeOverhaul() else { return }
                replica.republish(against: peer)
            }
            replica.settleInversions()
            replica.renewPromise()
        }
        if checkedEpoch != replica.epoch, let outgoing, outgoing.mode == .reset { adapt(outgoing) }
        checkedEpoch = replica.epoch
        checkedDetours = replica.detours
        if let outgoing, outgoing.epoch == peer.epoch, outgoing.mode != .early, outgoing.mode != .contents,
            outgoing.mode == .log ? !peerLags : peerLags == (outgoing.mode == .reset)
        {
            outgoing.hasSpoken = true
            if !isDatagram { return }
            outgoing.nonce = peer.nonce
            // What answers an earlier window says less than what has been heard since.
            let isLate = progress.map { $0.window > 0 && $0.window != outgoing.window } ?? false
            guard !isLate else { return }
            if let progress, progress.incarnation == replica.incarnation, progress.mode == outgoing.mode,
                progress.epoch == outgoing.kind
            {
                // What fitted no datagram may do so now: it goes out again, and the commit from its beginning.
                let mayFit = outgoing.isResting && withheld != nil
                goOn(outgoing, progress)
                if mayFit {
                    withheld = nil
                    outgoing.beginCommit()
                }
                return outgoing.openWindow()
            }
        }
        if isDatagram, outgoing == nil, let window = progress?.window, window > 0 {
            // Of the answers to the last window of a delta that has gone out one says what has to come again.
            guard window == windows else { return }
            windows &+= 1
        }
        // What was sent but not confirmed may be lost: the start of a delta, which says what the peer has, must not rest on it.
        peer.forgetExpected()
        let (mode, start) = wayToAnswer(peerLags: peerLags)
        begin(mode, from: start)
        if let progress { goOn(progress) }
    }

    /// This replica has missed tombstones that the peer has forgotten: what loses to the peer's entries would be republished in
    /// vain, so the peer's reset comes first. What is above all that either has forgotten can go out at once.
    private func beginEarlyDelta() {
        isDeferred = true
        if isDatagram, let outgoing, outgoing.mode == .early, outgoing.epoch == peer.epoch {
            // Nobody says what has come of it, so it goes on: behind its window if that is over.
            outgoing.nonce = peer.nonce
            if outgoing.endingWindow > 0 { outgoing.openWindow() }
        } else {
            begin(.early, from: 0)
        }
        askForReset()
    }

    /// Whether this replica lags, and the peer does not.
    var answersEarly: Bool {
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
        outgoing?.window = windows &+ 1
        beginSorting(mode)
        watchBacklog()
    }

    /// The new delta goes on where the peer says that it has come to, over whatever link, if nothing stands against that.
    private func goOn(_ progress: Progress) {
        guard let outgoing, outgoing.mode == progress.mode, progress.incarnation == replica.incarnation,
            progress.epoch <= replica.epoch, replica.forgotten.reaches(progress.epoch, progress.mode),
            !replica.configuration.disabledRules.contains(.progress)
        else { return }
        outgoing.kind = progress.epoch
        goOn(outgoing, progress)
    }

    /// What the peer is known to lack goes out again, whatever it says that has come; but once for each request, and not for each
    /// window.
    private func goOn(_ outgoing: OutgoingDelta, _ progress: Progress) {
        let unsent = outgoing.missing.arranged { $0.from < $1.from }
        outgoing.go(on: progress, last: replica.arrivals.last, epoch: replica.epoch)
        guard outgoing.mode == .state else { return }
        let wanted = wantedArrivals
        outgoing.goBack(
            to: progress.window == 0
                ? wanted : wanted.filter { OutgoingDelta.contains(unsent, $0) },
            inGaps: isDatagram)
    }

    /// Whether the peer may have missed a tombstone that has been forgotten here.
    private var peerLags: Bool {
        let lags = peer.lags(behind: replica)
        return memory == nil ? lags : lagsByExceptions() || lags
    }

    /// Which delta the peer gets, and where it begins: the history, where that has all that the peer lacks, and is not mostly
    /// what has been superseded since; the state otherwise.
    private func wayToAnswer(peerLags: Bool) -> (DeltaMode, UInt64) {
        guard !peerLags else { return (.reset, 0) }
        let arrival = firstMissingArrival
        if let wanted = wantedArrivals.first { return (.state, min(arrival, wanted - 1)) }
        // A log has no commit, which alone says what is accounted for.
        if let memory, memory.exceptsEnded || !memory.accounted.isEmpty { return (.state, arrival) }
        let holdsNothingAhead = replica.aheadCount == 0 || replica.configuration.disabledRules.contains(.ahead)
        // Datagrams get lost: with the order of arrival only those have to come again.
        guard !isDatagram, holdsNothingAhead, historyReaches, !sorts else { return (.state, arrival) }
        let number = firstMissingUpdate
        let updates = Int(truncatingIfNeeded: replica.history.end &- number)
        return updates > 2 * replica.arrivals.count(after: arrival) + 64 ? (.state, arrival) : (.log, number)
    }

    /// Whether what the peer lacks is in the history.
    var answersFromHistory: Bool {
        !peer.lags(behind: replica) && wayToAnswer(peerLags: false).0 == .log
    }

    /// A live link goes on with what is new, when there is nothing to catch up with.
    func follow() {
        outgoing = nil
        checkedEpoch = replica.epoch
        guard options.contains(.live), peer.subscription != 0 else { return }
        if isDatagram {
            begin(.state, from: replica.arrivals.last, epoch: peer.epoch, nonce: peer.subscription)
            outgoing?.rest()
        } else if follows == nil {
            follows = replica.history.end
            echoes = 0
            watchBacklog()
        }
    }

    /// The sequence up to which the peer has been given what has arrived here: a tombstone behind it is still needed, lest what
    /// is on its way become a reset.
    var walkPosition: Arrivals.Stamp {
        guard !isReadOnly else { return .max }
        if let outgoing, outgoing.hasMore(in: replica) { return outgoing.mode == .log ? 0 : outgoing.cursor }
        guard let follows, follows < replica.history.end else { return .max }
        return 0
    }

    /// Whether the history has all that the peer lacks.
    private var historyReaches: Bool {
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

    // MARK: Going out

    @_optimize(speed)
    func appendAnswer(_ budget: SendBudget) -> Bool {
        if checkedEpoch != replica.epoch { checkEpoch() }
        if !pending.isEmpty { return appendControl(budget) }
        if let outgoing {
            guard outgoing.hasMore(in: replica) else { return false }
            switch outgoing.mode {
            case .log: return appendLog(outgoing, budget)
            default: return isDatagram ? appendStateInDatagram(outgoing, budget) : appendState(outgoing, budget)
            }
        }
        guard let follows else { return false }
        if checkedDetours != replica.detours {
            checkedDetours = replica.detours
            if !historyReaches {
                stopFollowing()
                return appendPending(budget)
            }
        }
        return follows < replica.history.end && appendNews(from: follows, budget)
    }

    /// After something has been forgotten here, what the peer lacks may have become another thing.
    private func checkEpoch() {
        checkedEpoch = replica.epoch
        guard !replica.configuration.disabledRules.contains(.restart) else { return }
        if let outgoing, outgoing.mode.isWhole || outgoing.mode == .early {
            if outgoing.mode == .reset { adapt(outgoing) }
        } else if outgoing != nil || follows != nil, peerLags {
            restart()
        }
    }

    /// Continues a reset in a later GC epoch if a `forgot` message can name the tombstones that were purged since; otherwise begins
    /// it anew, because the peer would keep them. A reset in the host's order begins anew, too: nobody would notice that the
    /// updates before a new head did not count.
    private func adapt(_ outgoing: OutgoingDelta) {
        guard !replica.configuration.disabledRules.contains(.restart) else { return }
        if replica.forgotten.reaches(outgoing.kind, .reset), memory?.sorted == nil {
            outgoing.headIsDue = true
            outgoing.beginCommit()
        } else {
            outgoing.startAnew(kind: replica.epoch)
            beginSorting(.reset)
        }
    }

    private func restart() {
        let wasFollowing = outgoing?.isLive ?? true
        outgoing = nil
        if wasFollowing { stopFollowing() } else { beginDelta() }
    }

    /// The peer has asked for what is new, and has to say what else it lacks. In datagrams the delta before stays, paused: the
    /// peer may go on with it.
    private func stopFollowing() {
        follows = nil
        askAgain()
    }

    /// What the peer is asked for.
    private func appendPending(_ budget: SendBudget) -> Bool {
        !pending.isEmpty && appendControl(budget)
    }

    func head(_ outgoing: OutgoingDelta) -> DeltaHead {
        DeltaHead(
            mode: outgoing.mode, incarnation: peer.incarnation, epoch: outgoing.epoch, nonce: outgoing.nonce,
            kind: outgoing.kind)
    }

    // MARK: From the history

    @_optimize(speed)
    private func appendLog(_ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        let begun = output.byteCount
        var news = LogDelta(
            from: outgoing.cursor, head: outgoing.headIsDue ? head(outgoing) : nil, uncovered: outgoing.spacing.left,
            budget, self)
        news.collect(self)
        guard !news.hasGap else {
            self.outgoing = nil
            beginDelta()
            return appendAnswer(budget)
        }
        if news.cursor == replica.history.end { news.collectPromises(from: &outgoing.item, self) }
        outgoing.cursor = news.cursor
        let isWhole = news.cursor == replica.history.end && outgoing.item == replica.sources.count
        let appended = news.finish(self)
        if appended {
            (outgoing.headIsDue, liveHeadIsDue) = (false, false)
            outgoing.spacing.add(output.byteCount - begun)
            outgoing.spacing.mark()
        }
        if isWhole {
            if memory != nil, !appended, outgoing.headIsDue { noteQuiet() }
            follows = nil
            follow()
        }
        return appended || (isWhole && follows != nil && appendAnswer(budget))
    }

    private var liveHead: DeltaHead {
        DeltaHead(
            mode: .log, incarnation: peer.incarnation, epoch: peer.epoch, nonce: peer.subscription)
    }

    @_optimize(speed)
    private func appendNews(from number: UInt64, _ budget: SendBudget) -> Bool {
        if liveHeadIsDue || output.isEmpty,
            let shared = replica.sharedDelta(from: number, maxMessages: maxMessages), shared.fits(peer, in: replica)
        {
            guard !liveHeadIsDue else {
                // The shared delta follows when the send buffer is empty again.
                output.append { $0.appendDelta(liveHead) }
                liveHeadIsDue = false
                return false
            }
            output.share(shared)
            shared.note(in: &peer, replica)
            follows = shared.until
            return true
        }
        var news = LogDelta(from: number, head: liveHeadIsDue ? liveHead : nil, budget, self)
        news.collect(self)
        guard !news.hasGap else {
            stopFollowing()
            return appendPending(budget)
        }
        follows = news.cursor
        guard news.finish(self) else { return false }
        liveHeadIsDue = false
        return true
    }
}
