/// Whether a conversation is over its high-water mark: see `LinkContext+Backlog`.
extension Conversation {
    /// Counts what waits.
    func noteBacklog() { context.note(session.backlog) }

    /// The number in the history at which this link is over its mark: see `LinkContext.nextHistoryMark`.
    @_optimize(speed)
    func nextHistoryMark() -> UInt64 {
        // A backlog is not counted in vain.
        guard !context.isFull else { return .max }
        guard let extendedReference else { return context.nextHistoryMark(session.backlog) }
        return extendedReference._withUnsafeGuaranteedRef { context.nextHistoryMark($0.backlog) }
    }

    func endBackpressure() {
        guard context.isFull else { return }
        context.isFull = false
        replica.linkTable.fullLinks -= 1
        noteBacklog()
        replica.noteDrain()
    }
}

extension Replica {
    /// Whether some link is over its high-water mark.
    public var isFull: Bool { linkTable.fullLinks > 0 }

    /// Whether a call has to say that some link is over its mark. `onDrain` follows.
    public func reportFull() -> Bool {
        guard linkTable.fullLinks > 0 else { return false }
        linkTable.hasReportedFull = true
        return true
    }

    /// Lowers the number in the history at which a link is looked at. O(log l).
    @_optimize(speed)
    func lowerHistoryMark(to mark: UInt64, at index: Int) {
        linkTable.marks.lower(to: mark, at: index)
        historyMark = linkTable.marks.next
    }

    /// The host waits only if it was told to.
    @_optimize(speed)
    func noteDrain() {
        guard linkTable.fullLinks == 0, linkTable.hasReportedFull else { return }
        linkTable.hasReportedFull = false
        configuration.onDrain?()
    }

    /// The history has reached the number of a link.
    @inline(never)
    @_optimize(speed)
    func noteBacklogs() {
        // A link counts itself in the table, so its marks are taken out meanwhile.
        var marks = BackpressureMarks()
        swap(&marks, &linkTable.marks)
        marks.pass(history.end) { linkTable.links[$0].nextHistoryMark() }
        historyMark = marks.next
        linkTable.marks = marks
    }
}
