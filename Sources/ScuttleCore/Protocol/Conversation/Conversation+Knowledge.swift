/// The updates that the peer of a link has stated to have. An update that was only sent to the peer does not count.
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
        var names: [UInt64] = []
        var index = HashIndex()
        for link in linkTable.links.indices {
            let name = linkTable.links.with(link) { link in
                link.extendedReference?._withUnsafeGuaranteedRef { session -> UInt64? in
                    guard session.confirmedVersion >= wanted, let source = session.peerSource?.bytes else { return nil }
                    return sources.hash(of: source.nameOfSource)
                } ?? nil
            }
            guard let name, index.find(name, where: { names[Int($0)] == name }) == nil else { continue }
            index.insert(name, UInt32(truncatingIfNeeded: names.count))
            names.append(name)
        }
        return names.count
    }
}
