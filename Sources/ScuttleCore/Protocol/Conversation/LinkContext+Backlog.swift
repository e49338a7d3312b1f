/// The pending messages of a session.
struct Backlog {
    /// The number of them, as far as it is known without looking for them.
    var messages: Int
    /// Whether each update that enters the history adds a message.
    var isGrowing = false
}

/// Backpressure: a link becomes full at `mtu` pending messages and stays full until none remain.
///
/// Messages that the peer requests are counted at once. Updates, local or from other peers, are counted when the
/// history reaches the link's mark in `BackpressureMarks`. Reading counts nothing, so it stays cheap.
extension LinkContext {
    /// Counts pending messages, and marks the link full if there are too many.
    func note(_ backlog: Backlog) {
        guard let index else { return }
        replica.lowerHistoryMark(to: nextHistoryMark(backlog), at: index)
    }

    /// Makes the next update count the pending messages, because each update adds one from now on.
    func watchBacklog() {
        guard let index, !isFull else { return }
        replica.lowerHistoryMark(to: replica.history.end &+ 1, at: index)
    }

    /// Returns the end of the history at which the link can become full if it is not read before. `max` if it is full,
    /// or if updates add no messages.
    @inline(__always)
    func nextHistoryMark(_ backlog: Backlog) -> UInt64 {
        guard !isFull else { return .max }
        let mtu = max(replica.configuration.mtu, 1)
        let count = output.count + backlog.messages
        if count >= mtu {
            isFull = true
            replica.linkTable.fullLinks += 1
            replica.counters.full &+= 1
        } else if backlog.isGrowing {
            return replica.history.end &+ UInt64(truncatingIfNeeded: mtu - count)
        }
        return .max
    }
}
