/// What the peer of a link is known to have: what it has stated, and nothing that was only sent to it.
extension Conversation {
    /// The number of entries, tombstones included, under dots above the version vector that the peer has stated: all of
    /// them if the peer has stated none. Of more than 1,024 it may count some that were superseded. O(sources that may
    /// differ), O(log n) each.
    public var lag: Int {
        extendedReference?._withUnsafeGuaranteedRef { $0.lag } ?? replica.arrivals.liveCount
    }

    /// The version up to which the peer has this replica's own writes, by its statements; 0: none.
    public var confirmedVersion: Version {
        extendedReference?._withUnsafeGuaranteedRef { $0.confirmedVersion } ?? 0
    }

    /// Whether one side has rejected the other.
    public var hasEnded: Bool { endCode != nil }

    /// The code of the error that has ended the link.
    public var endCode: Failure.Code? {
        if case .closed(let closed) = session { closed.failure.code } else { nil }
    }
}

extension ExtendedSession {
    private static var countedSlots: Int { 1024 }

    fileprivate var lag: Int {
        var (lag, left) = (0, Self.countedSlots)
        var index = peer.next(from: 0, in: replica)
        while index < replica.sources.count {
            let id = SourceID(truncatingIfNeeded: index)
            lag &+= replica.sources[id].entries.count(
                above: peer.confirmed(id, in: replica), of: id, replica.keys, within: &left)
            index = peer.next(from: index &+ 1, in: replica)
        }
        return lag
    }

    @inline(never)
    fileprivate var confirmedVersion: Version {
        let stated = peer.confirmed(SourceTable.own, in: replica)
        guard let memory else { return stated }
        let refused = min(
            memory.exceptions?.firstVersion(of: SourceTable.own, above: memory.equalUpTo) ?? .max,
            memory.exceptionsBefore?.firstVersion(of: SourceTable.own, above: memory.equalUpTo) ?? .max)
        return min(stated, refused - 1)
    }
}

extension Replica {
    /// Returns the number of names of which a peer on an open link has this replica's writes up to a version, by its
    /// statements. O(links).
    public func peers(having version: Version) -> Int {
        let wanted = min(version, own.covered)
        // The hashes of the names, in an open-addressed table.
        let capacity = 2 &* linkTable.links.count &+ 1
        let names = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        defer { names.deallocate() }
        names.initialize(repeating: 0, count: capacity)
        var count = 0
        for index in linkTable.links.indices {
            let name = linkTable.links.with(index) { link in
                link.extendedReference?._withUnsafeGuaranteedRef { session in
                    guard session.confirmedVersion >= wanted, let source = session.peerSource?.bytes else { return 0 }
                    return sources.hash(of: source.nameOfSource) | 1
                } ?? UInt64(0)
            }
            guard name > 0 else { continue }
            var slot = Int(truncatingIfNeeded: name % UInt64(truncatingIfNeeded: capacity))
            while names[slot] != 0, names[slot] != name { slot = slot &+ 1 < capacity ? slot &+ 1 : 0 }
            if names[slot] == 0 { count &+= 1 }
            names[slot] = name
        }
        return count
    }
}
