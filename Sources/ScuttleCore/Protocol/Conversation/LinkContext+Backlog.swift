/// What waits in a session for its peer.
struct Backlog {
    /// Messages, as far as can be told without looking at them.
    var messages: Int
    /// Whether each update that enters the history adds to them.
    var isGrowing = false
}

/// Backpressure: a link is over its high-water mark from the moment that `mtu` messages wait until none does.
///
/// What the peer requests is counted at once. What updates add, here or from other peers, is counted when the history
/// reaches the number that the replica has for the link in `HighWaterMarks`. Reading counts nothing, so that it stays cheap.
extension LinkContext {
    /// Counts what waits.
    func note(_ backlog: Backlog) {
        guard let index else { return }
        replica.lowerMark(to: markNumber(backlog), at: index)
    }

    /// What waits grows with each update from here on. The next one counts it.
    func watchBacklog() {
        guard let index, !isOverHighWaterMark else { return }
        replica.lowerMark(to: replica.history.end &+ 1, at: index)
    }

    /// The number in the history at which this link is over its mark, if it is not read before. `max` if it is over it now, or
    /// if updates add nothing to what waits.
    @inline(__always)
    func markNumber(_ backlog: Backlog) -> UInt64 {
        guard !isOverHighWaterMark else { return .max }
        let mtu = max(replica.configuration.mtu, 1)
        let count = output.count + backlog.messages
        if count >= mtu {
            isOverHighWaterMark = true
            replica.linkTable.linksOverMark += 1
        } else if backlog.isGrowing {
            return replica.history.end &+ UInt64(truncatingIfNeeded: mtu - count)
        }
        return .max
    }
}
