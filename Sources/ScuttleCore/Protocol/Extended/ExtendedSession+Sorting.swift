/// The host's order between sources, in deltas from the state on a stream.
///
/// Such a delta first sends the entries that were present at its start, merged in that order, and continues in order of
/// arrival with those that have arrived since. So its commit is as valid as that of a walk in order of arrival. During
/// the merge the cursor stays at the start of the delta, and stable tombstones are kept. Deltas in datagrams are in
/// order of arrival, because the progress of their peer is a sequence.
extension ExtendedSession {
    /// Whether deltas on this link keep the host's order, which the history does not have.
    var sorts: Bool { replica.configuration.sort != nil && context.transport.keepsOrder }

    /// Begins the merge. O(sources, and log s for each with updates that the peer lacks).
    func beginSorting(_ mode: DeltaMode) {
        guard sorts, !mode.hasCovers, wantedArrivals.isEmpty else {
            memory?.sorted = nil
            return
        }
        var merged = MergedDelta()
        merged.includesOutOfOrder = true
        var index = 0
        while true {
            if !mode.isWhole { index = peer.next(from: index, in: replica) }
            guard index < replica.sources.count else { break }
            let id = SourceID(truncatingIfNeeded: index)
            merged.add(
                id, above: mode.isWhole ? 0 : peer.confirmed(id, in: replica), countingTo: .max, in: replica)
            index += 1
        }
        remembering().sorted = merged
    }

    /// Appends entries in the host's order. False if there are no more. One mark follows the last.
    func appendSorted(_ memory: LinkMemory, _ outgoing: OutgoingDelta, _ budget: SendBudget) -> Bool {
        var count = 0
        while count < budget.messages, !context.hasFilled {
            guard let record = memory.sorted?.next(in: replica) else {
                memory.sorted = nil
                outgoing.cursor = max(outgoing.cursor, outgoing.begun)
                if outgoing.check.count > 0 { appendMark(outgoing) }
                return count > 0
            }
            // An entry that has arrived since the start is sent after the merge.
            guard record.arrival > outgoing.cursor, record.arrival <= outgoing.begun,
                isToSend(record, in: outgoing.mode)
            else { continue }
            outgoing.check.add(context.output.append(UpdateLine(of: record, in: replica)))
            count += 1
        }
        return true
    }
}
