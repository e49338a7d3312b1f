/// Whether a conversation is over its high-water mark: see `LinkContext+Backlog`.
extension Conversation {
    /// Counts what waits.
    func noteBacklog() { note(session.backlog) }

    /// The number in the history at which this link is over its mark: see `LinkContext.markNumber`.
    @_optimize(speed)
    func markNumber() -> UInt64 {
        // A backlog is not counted in vain.
        guard !isOverHighWaterMark else { return .max }
        guard let extendedReference else { return markNumber(session.backlog) }
        return extendedReference._withUnsafeGuaranteedRef { markNumber($0.backlog) }
    }

    func leaveHighWaterMark() {
        guard isOverHighWaterMark else { return }
        isOverHighWaterMark = false
        replica.linkTable.linksOverMark -= 1
        noteBacklog()
        replica.noteDrain()
    }
}

extension Replica {
    /// Whether some link is over its high-water mark.
    public var isOverHighWaterMark: Bool { linkTable.linksOverMark > 0 }

    /// Whether a call has to say that some link is over its mark. `onDrain` follows.
    public func tellFull() -> Bool {
        guard linkTable.linksOverMark > 0 else { return false }
        linkTable.hasToldFull = true
        return true
    }

    /// Lowers the number in the history at which a link is looked at. O(log l).
    @_optimize(speed)
    func lowerMark(to number: UInt64, at place: Int) {
        linkTable.marks.lower(to: number, at: place)
        historyMark = linkTable.marks.next
    }

    /// The host waits only if it was told to.
    @_optimize(speed)
    func noteDrain() {
        guard linkTable.linksOverMark == 0, linkTable.hasToldFull else { return }
        linkTable.hasToldFull = false
        configuration.onDrain?()
    }

    /// The history has reached the number of a link.
    @inline(never)
    @_optimize(speed)
    func noteBacklogs() {
        // A link counts itself in the table, so its marks are taken out meanwhile.
        var marks = HighWaterMarks()
        swap(&marks, &linkTable.marks)
        marks.pass(history.end) { linkTable.links[$0].markNumber() }
        historyMark = marks.next
        linkTable.marks = marks
    }
}
