/// Sending: the next message, and log deltas.
extension ExtendedSession {
    /// Appends the next message that fits. False if there is none.
    @inline(never)
    @_optimize(speed)
    func append(_ budget: SendBudget) -> Bool {
        pending.isEmpty ? appendDeltaMessage(budget) : appendControl(budget)
    }

    @_optimize(speed)
    private func appendDeltaMessage(_ budget: SendBudget) -> Bool {
        if checkedEpoch != replica.epoch { checkEpoch() }
        if !pending.isEmpty { return appendControl(budget) }
        if let outgoing {
            guard outgoing.hasMore(in: replica) else { return false }
            switch outgoing.mode {
            case .log: return appendLog(outgoing, budget)
            default:
                return context.transport.keepsOrder
                    ? appendState(outgoing, budget) : appendStateInDatagram(outgoing, budget)
            }
        }
        guard let follows else { return false }
        if checkedBypasses != replica.historyBypasses {
            checkedBypasses = replica.historyBypasses
            if !historyReaches {
                stopFollowing()
                return appendPending(budget)
            }
        }
        return follows < replica.history.end && appendLive(from: follows, budget)
    }

    /// Checks a delta after a purge, because the peer may need a delta of another mode now.
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
    /// it anew, because the peer would keep them. A reset in the host's order begins anew, too: no check would show that the
    /// updates before a new head did not count.
    func adapt(_ outgoing: OutgoingDelta) {
        guard !replica.configuration.disabledRules.contains(.restart) else { return }
        if replica.removals.reaches(outgoing.kind, .reset), memory?.sorted == nil {
            outgoing.headIsDue = true
            outgoing.beginCommit()
        } else {
            outgoing.restart(kind: replica.epoch)
            beginSorting(.reset)
        }
    }

    private func restart() {
        let wasFollowing = outgoing?.isLive ?? true
        outgoing = nil
        if wasFollowing { stopFollowing() } else { beginDelta() }
    }

    /// Stops following the history, because the peer has to send its vector. In datagrams the previous delta stays,
    /// paused: the peer may resume it.
    private func stopFollowing() {
        follows = nil
        requestAgain()
    }

    /// Appends a pending control message.
    private func appendPending(_ budget: SendBudget) -> Bool {
        !pending.isEmpty && appendControl(budget)
    }

    func head(_ outgoing: OutgoingDelta) -> DeltaHead {
        DeltaHead(
            mode: outgoing.mode, incarnation: peer.incarnation, epoch: outgoing.epoch, nonce: outgoing.nonce,
            kind: outgoing.kind)
    }

    // MARK: Log deltas

    @_optimize(speed)
    private func appendLog(_ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        let begun = context.output.byteCount
        var log = LogDelta(
            from: outgoing.cursor, head: outgoing.headIsDue ? head(outgoing) : nil, uncovered: outgoing.spacing.left,
            budget, self)
        log.collect(self)
        guard !log.hasGap else {
            self.outgoing = nil
            beginDelta()
            return appendDeltaMessage(budget)
        }
        if log.cursor == replica.history.end { log.collectLowWaterMarks(from: &outgoing.item, self) }
        outgoing.cursor = log.cursor
        let isWhole = log.cursor == replica.history.end && outgoing.item == replica.sources.count
        let appended = log.finish(self)
        if appended {
            (outgoing.headIsDue, liveHeadIsDue) = (false, false)
            outgoing.spacing.add(context.output.byteCount - begun)
            outgoing.spacing.mark()
        }
        if isWhole {
            if memory != nil, !appended, outgoing.headIsDue { noteQuiet() }
            follows = nil
            follow()
        }
        return appended || (isWhole && follows != nil && appendDeltaMessage(budget))
    }

    private var liveHead: DeltaHead {
        DeltaHead(
            mode: .log, incarnation: peer.incarnation, epoch: peer.epoch, nonce: peer.subscription)
    }

    @_optimize(speed)
    private func appendLive(from index: UInt64, _ budget: SendBudget) -> Bool {
        if liveHeadIsDue || context.output.isEmpty,
            let shared = replica.sharedDelta(from: index, maxMessages: context.maxMessages),
            shared.fits(peer, in: replica)
        {
            guard !liveHeadIsDue else {
                // The shared delta follows when the send buffer is empty again.
                context.output.append { $0.appendDelta(liveHead) }
                liveHeadIsDue = false
                return false
            }
            context.output.share(shared)
            shared.note(in: &peer, replica)
            follows = shared.until
            return true
        }
        var log = LogDelta(from: index, head: liveHeadIsDue ? liveHead : nil, budget, self)
        log.collect(self)
        guard !log.hasGap else {
            stopFollowing()
            return appendPending(budget)
        }
        follows = log.cursor
        guard log.finish(self) else { return false }
        liveHeadIsDue = false
        return true
    }
}
