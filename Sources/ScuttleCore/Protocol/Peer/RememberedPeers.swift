/// What a replica remembers of peers between links, by incarnation: what each has said of its vector, and how far its deltas have
/// come, so that the next link goes on where the last one broke.
///
/// Memory: at most `maxCount` peers and `maxClaims` claims of sources in all; the one that was heard of longest ago goes first.
/// What is known of ended sources takes 1 kB a peer at most; a peer of which more is to be remembered is asked for its vector again.
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

    /// Of a peer of which it would take much room to say which ended sources it knows, its vector is forgotten.
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

    /// A source is known by its hash alone from now on, at a position if it is kept.
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

    /// A retired source is known in full again.
    mutating func noteRevival(
        of source: SourceID, _ entry: RetiredTable.Entry, at position: Int, in replica: Store
    ) {
        for index in items.indices where items[index].peer.retired.knows(position, in: replica.retired) {
            items[index].peer.note(source, covered: entry.version, purged: entry.purged, in: replica)
        }
    }

    /// What the vector was before a base is not kept any more.
    mutating func dropBases(before base: UInt64, in replica: Store) {
        for index in items.indices where !items[index].peer.leaveBases(before: base, in: replica) {
            items[index].peer.invalidate()
        }
    }

    /// Whether something of a source was refused in what has come.
    func hasRefused(_ source: SourceID) -> Bool {
        items.contains { $0.transfer?.excludes(source) ?? false }
    }

    /// An exception that may have come with deltas of peers is forgotten.
    mutating func lose(_ dot: Dot) {
        for index in items.indices where items[index].transfer?.rests(on: dot) ?? false { items[index].transfer = nil }
    }

    /// What has come counts no more: a reset has taken entries away.
    mutating func dropTransfers() {
        for index in items.indices { items[index].transfer = nil }
    }
}

extension ExtendedSession {
    /// The link ends, or its peer is another one from now on.
    func rememberPeer() {
        guard !isReadOnly, peer.incarnation != 0,
            incoming.transfer != nil || peer.revision > 0 || peer.next > 0
        else { return }
        incoming.endHead()
        memory?.endLink()
        peer.endLink()
        replica.linkTable.peers.remember(
            RememberedPeers.Item(peer: peer, transfer: incoming.removeTransfer(), memory: memory))
        // What it knows is not this link's any more.
        peer = PeerState()
    }

    /// The peer has said who it is.
    func recallPeer(_ incarnation: UInt64) {
        guard !isReadOnly, let known = replica.linkTable.peers.remove(incarnation) else { return }
        peer = known.peer
        memory = known.memory
        if let transfer = known.transfer { incoming.resume(transfer) }
    }
}
