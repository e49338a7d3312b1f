/// The newest updates and their cover, for every live link whose peer has all updates before them: written once and
/// borrowed by each, so that one more link costs neither encoding nor a copy.
///
/// The first link that needs it makes it. The replica owns it until another one is made or an update in it is
/// superseded, and each link until it was sent. It has no superseded updates, because whether one is sent depends on
/// the peer.
final class SharedDelta: SharedText {
    private struct Interval {
        let source: SourceID
        let since: Version
        /// The first and the last version in it.
        let first: Version
        var until: Version
    }

    /// The index in the history of its first update, and the index behind its last.
    let from: UInt64
    private(set) var until: UInt64
    /// The least sequence of its entries.
    private(set) var earliestArrival = Arrivals.Sequence.max
    private var intervals: [Interval] = []

    /// - Parameter index: the index in the history of the first update. O(size of the delta).
    @_optimize(speed)
    fileprivate init(from index: UInt64, maxMessages: Int, in replica: Store) {
        from = index
        until = index
        super.init()
        var coverLength = 0
        var check = LineCheck()
        // No limit counts the copy of a long value that each slow link would keep alive.
        let maxLength = replica.isBounded ? SendBuffer.maxText : .max
        while messages < maxMessages, text.count < SendBuffer.maxText, let slot = replica.history[until],
            slot.record.isEntry,
            slot.record.text.count <= maxLength
        {
            let (id, version) = (slot.record.source, slot.record.version)
            if let index = intervals.firstIndex(where: { $0.source == id }) {
                guard slot.since <= intervals[index].until else { break }
                intervals[index].until = version
            } else {
                coverLength += SendBudget.cost(of: replica.sources[id])
                guard intervals.isEmpty || coverLength <= SendBudget.maxLine else { break }
                intervals.append(Interval(source: id, since: slot.since, first: version, until: version))
            }
            earliestArrival = min(earliestArrival, slot.record.arrival)
            let line = UpdateLine(of: slot.record, in: replica)
            if messages == 0 {
                reserve(for: min(maxMessages, Int(truncatingIfNeeded: replica.history.end - index)), line.count)
            }
            check.add(text.appendHashed(line))
            messages += 1
            until += 1
        }
        guard messages > 0 else { return }
        text.appendCoverStart()
        for (index, interval) in intervals.enumerated() {
            text.appendInterval(
                replica.sources[interval.source], interval.since, interval.until, isFirst: index == 0)
        }
        text.appendCoverEnd(check)
        messages += 1
    }

    /// Reserves memory for lines of one length, so that the text grows once.
    private func reserve(for lines: Int, _ length: Int) {
        let cover = 128
        text.makeRoom(for: min(lines &* length, SendBuffer.maxText + length) + cover)
    }

    /// Whether a peer lacks exactly its updates.
    @_optimize(speed)
    func fits(_ peer: borrowing PeerState, in replica: Store) -> Bool {
        // By index, because an iterator retains the array.
        for index in intervals.indices {
            let covered = peer.covered(intervals[index].source, in: replica)
            guard covered >= intervals[index].since, covered < intervals[index].first else { return false }
        }
        return true
    }

    /// Raises the expected vector of a peer to its end.
    @_optimize(speed)
    func note(in peer: inout PeerState, _ replica: Store) {
        for index in intervals.indices {
            peer.expect(intervals[index].source, covered: intervals[index].until, in: replica)
        }
    }
}

extension Replica {
    /// Returns the shared delta from an index in the history on; nil if the update there cannot be shared.
    @_optimize(speed)
    func sharedDelta(from index: UInt64, maxMessages: Int) -> SharedDelta? {
        if let newest = linkTable.newestSharedDelta, newest.from == index { return newest.messages > 0 ? newest : nil }
        let made = SharedDelta(from: index, maxMessages: maxMessages, in: self)
        linkTable.newestSharedDelta = made
        earliestShared = made.earliestArrival
        return made.messages > 0 ? made : nil
    }
}
