/// The peers of links that have ended, by incarnation: the vector of each, and the progress of its deltas, so that the
/// next link continues them.
///
/// Memory: at most `maxCount` peers and `maxClaims` claims of sources. The one that was added first is dropped first.
/// The knowledge of retired sources has 1 kB a peer at most; of a peer with more the vector is dropped, and the next
/// link requests it.
struct RememberedPeers {
    struct Item {
        var peer: PeerState
        var transfer: StateTransfer?
        var memory: LinkMemory?
    }

    private(set) var items: [Item] = []

    static var maxCount: Int { 64 }
    private static var maxClaims: Int { 1 << 16 }

    mutating func remember(_ item: Item) {
        _ = remove(item.peer.incarnation)
        items.append(item)
        limitRetired(of: items.count - 1)
        var claims = items.reduce(0) { $0 + $1.peer.claimCount }
        while items.count > Self.maxCount || (claims > Self.maxClaims && items.count > 1) {
            claims -= items.removeFirst().peer.claimCount
        }
    }

    /// Drops the vector of a peer whose knowledge of retired sources has grown too large.
    private mutating func limitRetired(of index: Int) {
        guard items[index].peer.retired.isLong || items[index].memory?.heldInFull.isLong ?? false else { return }
        items[index].peer.invalidate()
        if let memory = items[index].memory, memory.exceptions != nil || memory.hasSentRefused {
            memory.heldInFull = RetiredKnowledge()
        } else {
            items[index].memory = nil
        }
    }

    mutating func remove(_ incarnation: UInt64) -> Item? {
        guard let index = items.firstIndex(where: { $0.peer.incarnation == incarnation }) else { return nil }
        return items.remove(at: index)
    }

    /// Notes that a source was retired, and its index in the retired table if it is there.
    mutating func noteRetirement(
        of source: SourceID, _ entry: RetiredTable.Entry, at position: Int?, in replica: Store
    ) {
        for index in items.indices {
            let isKnown = items[index].peer.confirmed(source, in: replica) >= entry.version
            items[index].peer.remove(source)
            items[index].transfer?.remove(source)
            items[index].memory?.noteRetirement(of: source, entry)
            guard let position, isKnown else { continue }
            items[index].peer.retired.note(position, in: replica.retired)
            let memory = items[index].memory ?? LinkMemory()
            memory.heldInFull.note(position, in: replica.retired)
            items[index].memory = memory
            limitRetired(of: index)
        }
    }

    /// Notes that a retired source has returned.
    mutating func noteRevival(
        of source: SourceID, _ entry: RetiredTable.Entry, at position: Int, in replica: Store
    ) {
        for index in items.indices where items[index].peer.retired.knows(position, in: replica.retired) {
            items[index].peer.note(source, covered: entry.version, purged: entry.purged, in: replica)
        }
    }

    /// Drops the bases before one, because the past of the vector is kept from there on.
    mutating func dropBases(before base: UInt64, in replica: Store) {
        for index in items.indices where !items[index].peer.leaveBases(before: base, in: replica) {
            items[index].peer.invalidate()
        }
    }

    /// Whether an update of a source was rejected in a delta whose progress is kept.
    func hasRefused(_ source: SourceID) -> Bool {
        items.contains { $0.transfer?.excludes(source) ?? false }
    }

    /// Discards progress that depends on a dropped exception.
    mutating func lose(_ dot: Dot) {
        for index in items.indices where items[index].transfer?.rests(on: dot) ?? false { items[index].transfer = nil }
    }

    /// Discards the progress of all deltas, because a reset has removed entries.
    mutating func dropTransfers() {
        for index in items.indices { items[index].transfer = nil }
    }
}

extension ExtendedSession {
    /// Remembers the peer of a link that ends, or before another peer.
    func rememberPeer() {
        guard !isReadOnly, peer.incarnation != 0,
            incoming.transfer != nil || peer.revision > 0 || peer.next > 0
        else { return }
        incoming.endHead()
        memory?.endLink()
        peer.endLink()
        replica.linkTable.peers.remember(
            RememberedPeers.Item(peer: peer, transfer: incoming.removeTransfer(), memory: memory))
        // The progress must not be in two places.
        peer = PeerState()
    }

    /// Continues from the remembered state of a peer.
    func recallPeer(_ incarnation: UInt64) {
        guard !isReadOnly, let known = replica.linkTable.peers.remove(incarnation) else { return }
        peer = known.peer
        memory = known.memory
        if let transfer = known.transfer { incoming.resume(transfer) }
    }
}
