/// A replica: a store, and the links to its peers. It overrides the methods of the store that concern links.
///
/// The protocol is van Renesse, Dumitriu, Gough, Thomas: "Efficient Reconciliation and Flow Control for Anti-Entropy
/// Protocols", LADIS 2008. A replica does no I/O, reads no clock and has no lock. Its owner calls it from one thread at
/// a time.
public final class Replica: Store {
    var linkTable = LinkTable()

    // MARK: References of links

    override func refers(to id: SourceID) -> Bool {
        let covered = sources[id].covered
        for link in linkTable.links {
            guard let peer = link.extended?.peer else { continue }
            if peer.confirmed(id, in: self) > covered || peer.purged(id) > covered { return true }
        }
        // If the source were retired, the delta that excludes it would find it again under another id, and cover the
        // refused update.
        return linkTable.links.contains { $0.extended?.incoming.hasRefused(id) ?? false }
            || linkTable.peers.hasRefused(id)
    }

    override func sourceShrinks(_ id: SourceID, to entry: RetiredTable.Entry, isKept: Bool) {
        for link in linkTable.links { link.noteRetirement(of: id, entry, at: isKept ? retired.count - 1 : nil) }
        linkTable.peers.noteRetirement(of: id, entry, at: isKept ? retired.count - 1 : nil, in: self)
    }

    override func sourceReturns(_ id: SourceID, from entry: RetiredTable.Entry, at position: Int) {
        for link in linkTable.links {
            guard let session = link.extended, session.peer.retired.knows(position, in: retired) else { continue }
            session.peer.note(id, covered: entry.version, purged: entry.purged, in: self)
        }
        linkTable.peers.noteRevival(of: id, entry, at: position, in: self)
    }

    override func sourceAppears(_ id: SourceID) {
        let source = sources[id]
        if !linkTable.links.isEmpty, writerLink(of: source.id) != nil { source.isLinked = true }
    }

    override func basesInUse() -> (oldest: UInt64, links: Int) {
        var oldest = UInt64.max
        func note(_ both: (UInt64, UInt64)) {
            // 0 is no base.
            oldest = min(oldest, both.0 &- 1, both.1 &- 1)
        }
        for link in linkTable.links {
            if let session = link.extended { note(session.peer.bases) }
            if let classic = link.session.classic { note(classic.bases) }
        }
        for item in linkTable.peers.items { note(item.peer.bases) }
        return (oldest == .max ? .max : oldest + 1, linkTable.links.count)
    }

    override func leaveBases(before base: UInt64) {
        for link in linkTable.links { link.dropBases(before: base) }
        linkTable.peers.dropBases(before: base, in: self)
    }

    // MARK: Delays of a purge

    /// A walk is named by the index of its link.
    override func position(ofWalk index: Int) -> Arrivals.Sequence {
        index < linkTable.links.count ? linkTable.links[index].walkPosition : .max
    }

    override func leastWalk() -> (position: Arrivals.Sequence, walk: Int) {
        var least = (position: Arrivals.Sequence.max, walk: 0)
        for index in linkTable.links.indices {
            let position = linkTable.links[index].walkPosition
            if position < least.position { least = (position, index) }
        }
        return least
    }

    override func refusalsOfPeers() -> ((Record) -> Bool)? {
        let refusing = linkTable.links.filter { $0.extended?.hasExceptions ?? false }
        return refusing.isEmpty ? nil : { record in refusing.contains { $0.extended?.isExcepted(record) ?? false } }
    }

    // MARK: Notifications

    override func historyReachesMark() { noteBacklogs() }

    override func invalidateShared() {
        linkTable.newestSharedDelta = nil
        earliestShared = .max
    }

    override func exceptionIsEvicted(_ dot: Dot) {
        for link in linkTable.links { link.extended?.incoming.lose(dot) }
        linkTable.peers.lose(dot)
    }

    override func refusalsAreLifted() {
        // A refused update that a delta has left out would count as one that its sender does not hold.
        dropTransfers()
        // Digests cannot name updates that are missing below them.
        for link in linkTable.links { link.session.classic?.requestAll() }
    }

    override func dropPending(of holder: Int?) {
        if let holder {
            linkTable.links[holder].extended?.incoming.pending.lose()
        } else {
            for link in linkTable.links { link.extended?.incoming.pending.lose() }
        }
    }

    #if DEBUG
        override func brokenReference() -> String? {
            let over = linkTable.links.reduce(0) { $0 + ($1.isFull ? 1 : 0) }
            guard over == linkTable.fullLinks else {
                return "\(over) links over the mark, counted as \(linkTable.fullLinks)"
            }
            return historyMark == linkTable.marks.next ? nil : "the history's mark is not that of the links"
        }
    #endif
}

extension Replica {
    /// Discards the progress of peers' deltas.
    func dropTransfers() {
        for link in linkTable.links { link.extended?.incoming.dropTransfer() }
        linkTable.peers.dropTransfers()
    }

    func removeLink(at index: Int) {
        linkTable.marks.remove(at: index, last: linkTable.links.count - 1)
        historyMark = linkTable.marks.next
        if let last = linkTable.links.last, last.index != index { moveLinkedSource(of: last, to: index) }
        linkTable.links.remove(at: index)
    }
}
