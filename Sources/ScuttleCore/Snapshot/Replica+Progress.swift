/// The progress of interrupted deltas in a save, from which the next incarnation of this replica continues.
///
/// A save identifies a peer by its incarnation, and the arrived part of a delta by the peer's sequences, so neither depends on
/// the incarnation of this replica. The same save holds the entries that have arrived.
extension Replica {
    /// Exports one line for each delta, and for a reset as many as its named entries need. Returns false if `hand` did.
    /// O(entries) for each reset.
    func exportProgress(_ hand: ((inout MessageBuffer) -> Void) -> Bool) -> Bool {
        for item in linkTable.peers.items {
            guard export(item.transfer, of: item.peer.incarnation, hand) else { return false }
        }
        // A load would drop more of them.
        var left = RememberedPeers.maxCount
        for link in linkTable.links where left > 0 {
            guard let session = link.extended, let transfer = session.incoming.transfer else { continue }
            guard export(transfer, of: session.peer.incarnation, hand) else { return false }
            left -= 1
        }
        return true
    }

    private func export(
        _ transfer: StateTransfer?, of incarnation: UInt64, _ hand: ((inout MessageBuffer) -> Void) -> Bool
    ) -> Bool {
        guard let transfer, incarnation != 0, let progress = transfer.saved(of: incarnation) else { return true }
        var saved = SavedProgress(progress)
        var goesOn = true
        guard transfer.mode == .reset else { return hand { $0.appendSaved(saved) } }
        saved.named = [0]
        var position: UInt64 = 0
        arrivals.forEach(after: 0, in: keys) { record in
            let state = transfer.state(of: record, keys.find(record.key))
            if state == 0, saved.named.count >= Replica.maxCounts {
                goesOn = hand { $0.appendSaved(saved) }
                // The next line counts from the first entry on again.
                saved.named = [position]
            }
            while (saved.named.count - 1) % 3 != state { saved.named.append(0) }
            saved.named[saved.named.count - 1] += 1
            position += 1
            return goesOn
        }
        if saved.named.count % 3 == 1 { saved.named.removeLast() }
        return goesOn && hand { $0.appendSaved(saved) }
    }

    /// The limit of counts in a line: some 1,000 bytes, which any receiver accepts.
    private static var maxCounts: Int { 300 }

    /// Restores the progress of deltas from an export whose entries have the key ids from 0 up, in its order. A line that does
    /// not fit the entries claims nothing.
    func resumeProgress(_ lines: [SavedProgress]) {
        var index = 0
        while index < lines.count {
            let progress = lines[index].progress
            let transfer = StateTransfer(progress)
            var fits = progress.incarnation != 0 && (progress.mode == .state || progress.mode == .reset)
            while index < lines.count, lines[index].progress == progress {
                fits = fits && name(lines[index].named, in: transfer)
                index += 1
            }
            guard fits else { continue }
            var peer = PeerState()
            peer.begin(incarnation: progress.incarnation)
            linkTable.peers.remember(RememberedPeers.Item(peer: peer, transfer: transfer, memory: nil))
        }
    }

    private func name(_ counts: [UInt64], in transfer: StateTransfer) -> Bool {
        guard counts.isEmpty || transfer.mode == .reset else { return false }
        var position: UInt64 = 0
        for (index, count) in counts.enumerated() {
            guard count <= UInt64(keys.idLimit) - position else { return false }
            for key in position..<position + count where index % 3 != 0 {
                let id = KeyID(truncatingIfNeeded: key)
                if let record = keys[id] { transfer.keep(id, index % 3 == 1 ? record.arrival : .max) }
            }
            position += count
        }
        return true
    }
}
