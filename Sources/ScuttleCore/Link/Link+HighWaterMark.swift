/// Whether a link is over its high-water mark, and whether the host has been told: see `LinkContext+Backlog`.
extension Link {
    /// Counts what waits.
    func noteBacklog() { context.note(session.backlog) }

    /// The number in the history at which this link is over its mark: see `LinkContext.markNumber`.
    @_optimize(speed)
    func markNumber() -> UInt64 {
        // A backlog is not counted in vain.
        guard !context.isOverHighWaterMark else { return .max }
        guard let extendedReference else { return context.markNumber(session.backlog) }
        return extendedReference._withUnsafeGuaranteedRef { context.markNumber($0.backlog) }
    }

    @_optimize(speed)
    func noteDrain() {
        if context.output.isWasteful, !hasPending { context.output.rest() }
        // Making a datagram takes a capacity.
        if isOverHighWaterMark, isDatagram ? !hasPending : !fill() { leaveHighWaterMark() }
    }

    func leaveHighWaterMark() {
        guard isOverHighWaterMark else { return }
        context.isOverHighWaterMark = false
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
