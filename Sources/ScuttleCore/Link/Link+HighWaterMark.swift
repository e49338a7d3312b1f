/// Backpressure: a link is over its high-water mark from the moment that `mtu` messages wait until none does.
///
/// What the peer requests is counted at once. What updates add, here or from other peers, is counted when the history
/// reaches the number that the replica has for the link in `HighWaterMarks`. Reading counts nothing, so that it stays cheap.
extension Link {
    /// Counts what waits.
    func noteBacklog() {
        guard let place else { return }
        replica.marks.lower(to: markNumber(), at: place)
    }

    /// What waits grows with each update from here on. The next one counts it.
    func watchBacklog() {
        guard let place, !isOverHighWaterMark else { return }
        replica.marks.lower(to: replica.history.end &+ 1, at: place)
    }

    /// The number in the history at which this link is over its mark, if it is not read before. `max` if it is over it now, or
    /// if updates add nothing to what waits.
    @_optimize(speed)
    fileprivate func markNumber() -> UInt64 {
        guard !isOverHighWaterMark else { return .max }
        let mtu = max(replica.configuration.mtu, 1)
        let updates = pendingUpdates
        let backlog = output.count + (classic?.backlog ?? 0) + (updates ?? 0)
        if backlog >= mtu {
            isOverHighWaterMark = true
            replica.linksOverMark += 1
        } else if updates != nil {
            return replica.history.end &+ UInt64(truncatingIfNeeded: mtu - backlog)
        }
        return .max
    }

    /// Updates of the extended dialect that wait, as far as can be told without looking at them; nil if further updates add
    /// nothing. A delta in datagrams that waits for the peer's vector is nothing to be read.
    private var pendingUpdates: Int? {
        if let outgoing, !outgoing.isPaused {
            let updates = outgoing.backlog(in: replica)
            return outgoing.mode == .log ? max(0, updates - echoes) : updates
        }
        return follows.map { max(0, Int(truncatingIfNeeded: replica.history.end &- $0) - echoes) }
    }

    @_optimize(speed)
    func noteDrain() {
        if output.isWasteful, !hasPending { output.rest() }
        if isOverHighWaterMark, isDatagram ? !hasPending : !fill() { leaveHighWaterMark() }
    }

    func leaveHighWaterMark() {
        guard isOverHighWaterMark else { return }
        isOverHighWaterMark = false
        replica.linksOverMark -= 1
        noteBacklog()
        replica.noteDrain()
    }

    /// Whether a call on this link has to say that it is over its mark. `onDrain` follows.
    public func tellFull() -> Bool {
        isOverHighWaterMark && replica.tellFull()
    }
}

extension Replica {
    /// Whether some link is over its high-water mark.
    public var isOverHighWaterMark: Bool { linksOverMark > 0 }

    /// Whether a call has to say that some link is over its mark. `onDrain` follows.
    public func tellFull() -> Bool {
        guard linksOverMark > 0 else { return false }
        hasToldFull = true
        return true
    }

    /// The host waits only if it was told to.
    @_optimize(speed)
    fileprivate func noteDrain() {
        guard linksOverMark == 0, hasToldFull else { return }
        hasToldFull = false
        configuration.onDrain?()
    }

    /// The history has reached the number of a link.
    @inline(never)
    @_optimize(speed)
    func noteBacklogs() {
        marks.pass(history.end) { links[$0].markNumber() }
    }
}
