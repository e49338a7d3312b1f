/// Whether a conversation is full: see `LinkContext+Backlog`.
extension Conversation {
    /// Counts the pending messages.
    func noteBacklog() { note(session.backlog) }

    /// Returns the end of the history at which this link can become full: see `LinkContext.nextHistoryMark`.
    @_optimize(speed)
    func nextHistoryMark() -> UInt64 {
        // A full link needs no count.
        guard !isFull else { return .max }
        guard let extendedReference else { return nextHistoryMark(session.backlog) }
        return extendedReference._withUnsafeGuaranteedRef { nextHistoryMark($0.backlog) }
    }

    func endBackpressure() {
        guard isFull else { return }
        isFull = false
        replica.linkTable.fullLinks -= 1
        noteBacklog()
        replica.noteDrain()
    }
}

extension Replica {
    /// Whether a link is full.
    public var isFull: Bool { linkTable.fullLinks > 0 }

    /// Whether a call returns that a link is full. `onDrain` follows.
    public func reportFull() -> Bool {
        guard linkTable.fullLinks > 0 else { return false }
        linkTable.hasReportedFull = true
        return true
    }

    /// Lowers the history mark of a link. O(log l).
    @_optimize(speed)
    func lowerHistoryMark(to mark: UInt64, at index: Int) {
        linkTable.marks.lower(to: mark, at: index)
        historyMark = linkTable.marks.next
    }

    /// Calls `onDrain` if no link is full any more and a call has returned that one was.
    @_optimize(speed)
    func noteDrain() {
        guard linkTable.fullLinks == 0, linkTable.hasReportedFull else { return }
        linkTable.hasReportedFull = false
        configuration.onDrain?()
    }

    /// Counts the pending messages of the links whose history mark is reached.
    @inline(never)
    @_optimize(speed)
    func noteBacklogs() {
        // A link that is counted may change `linkTable`, so its marks are moved out meanwhile.
        var marks = BackpressureMarks()
        swap(&marks, &linkTable.marks)
        marks.pass(history.end) { linkTable.links[$0].nextHistoryMark() }
        historyMark = marks.next
        linkTable.marks = marks
    }
}
