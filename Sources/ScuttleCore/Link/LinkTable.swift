/// What a replica knows of its links, and what its links share.
struct LinkTable: ~Copyable {
    var links = OpenLinks()
    /// Of each source whose writer is the peer of a link, where that stands.
    var linkedSources = HashIndex()
    /// Of links that have ended.
    var peers = RememberedPeers()
    /// Links over their high-water mark, when others will be, and whether the host has been told.
    var linksOverMark = 0
    var marks = HighWaterMarks()
    var hasToldFull = false
    /// What front parts of lines take that wait for their ends on links.
    var waitingBytes = 0
    /// What live links are given; nil: no update in it is an entry any more, or none was written.
    var newestSharedDelta: SharedDelta?
}

/// The open links of a replica, in no order; each knows its place. It lists what it does not own: the host owns a link, and
/// the link its replica.
struct OpenLinks: RandomAccessCollection {
    private var references: [Unmanaged<Link>] = []

    var startIndex: Int { 0 }
    var endIndex: Int { references.count }

    subscript(place: Int) -> Link { references[place].takeUnretainedValue() }

    mutating func append(_ link: Link) {
        link.place = count
        references.append(.passUnretained(link))
    }

    /// The last one takes the place. O(1).
    mutating func remove(at place: Int) {
        let last = references.removeLast()
        guard place < count else { return }
        last._withUnsafeGuaranteedRef { $0.place = place }
        references[place] = last
    }
}

/// A store with its links: what links know of a replica. It answers the store's questions for them, and tells them what has changed.
public class LinkedStore: Store {
    final var linkTable = LinkTable()

    init(ownID: Bytes, configuration: Configuration) {
        super.init(ownID: ownID, configuration: configuration) { Encoding.chosen.encodedID(of: $0) }
    }

    // MARK: What links refer to

    override func refers(to id: SourceID) -> Bool {
        let covered = sources[id].covered
        for link in linkTable.links
        where link.peer.confirmed(id, in: self) > covered || link.peer.purged(id) > covered {
            return true
        }
        // The delta that excludes it would find it again under another number, and cover what was refused.
        return linkTable.links.contains { $0.incoming.hasRefused(id) } || linkTable.peers.hasRefused(id)
    }

    override func sourceShrinks(_ id: SourceID, to entry: RetiredTable.Entry, isKept: Bool) {
        for link in linkTable.links {
            let isKnown = link.peer.confirmed(id, in: self) >= entry.version
            link.forget(id, entry)
            if isKept, isKnown { link.noteHeldInFull(retired.count - 1) }
        }
        linkTable.peers.noteRetirement(of: id, entry, at: isKept ? retired.count - 1 : nil, in: self)
    }

    override func sourceReturns(_ id: SourceID, from entry: RetiredTable.Entry, at position: Int) {
        for link in linkTable.links where link.peer.retired.knows(position, in: retired) {
            link.peer.note(id, covered: entry.version, purged: entry.purged, in: self)
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
            // 0 is none.
            oldest = min(oldest, both.0 &- 1, both.1 &- 1)
        }
        for link in linkTable.links {
            note(link.peer.bases)
            if let classic = link.classic { note(classic.bases) }
        }
        for item in linkTable.peers.items { note(item.peer.bases) }
        return (oldest == .max ? .max : oldest + 1, linkTable.links.count)
    }

    override func leaveBases(before base: UInt64) {
        for link in linkTable.links { link.forgetBases(before: base) }
        linkTable.peers.forgetBases(before: base, in: self)
    }

    // MARK: What holds a purge back

    /// Walks are known by the places of their links.
    override func position(ofWalk place: Int) -> Arrivals.Stamp {
        place < linkTable.links.count ? linkTable.links[place].walkPosition : .max
    }

    override func leastWalk() -> (position: Arrivals.Stamp, walk: Int) {
        var least = (position: Arrivals.Stamp.max, walk: 0)
        for place in linkTable.links.indices {
            let position = linkTable.links[place].walkPosition
            if position < least.position { least = (position, place) }
        }
        return least
    }

    override func refusalsOfPeers() -> ((Record) -> Bool)? {
        let refusing = linkTable.links.filter { $0.memory?.exceptions ?? $0.memory?.exceptionsBefore != nil }
        return refusing.isEmpty ? nil : { record in refusing.contains { $0.isExcepted(record) } }
    }

    // MARK: What has changed

    override func historyReachesMark() { noteBacklogs() }

    override func forgetShared() {
        linkTable.newestSharedDelta = nil
        earliestShared = .max
    }

    override func exceptionIsLost(_ dot: Dot) {
        for link in linkTable.links { link.incoming.lose(dot) }
        linkTable.peers.lose(dot)
    }

    override func refusalsAreLifted() {
        // What was left out would be taken for what its sender does not hold.
        dropTransfers()
        // Digests cannot name what is missing above them.
        for link in linkTable.links { link.classic?.askForAll() }
    }

    override func losePending(of holder: Int?) {
        if let holder { return linkTable.links[holder].incoming.losePending() }
        for link in linkTable.links { link.incoming.losePending() }
    }

    #if DEBUG
        override func brokenReference() -> String? {
            let over = linkTable.links.reduce(0) { $0 + ($1.isOverHighWaterMark ? 1 : 0) }
            guard over == linkTable.linksOverMark else {
                return "\(over) links over the mark, counted as \(linkTable.linksOverMark)"
            }
            return historyMark == linkTable.marks.next ? nil : "the history's mark is not that of the links"
        }
    #endif
}

extension LinkedStore {
    /// What has come of peers' deltas counts no more.
    func dropTransfers() {
        for link in linkTable.links { link.incoming.dropTransfer() }
        linkTable.peers.dropTransfers()
    }

    func removeLink(at place: Int) {
        linkTable.marks.remove(at: place, last: linkTable.links.count - 1)
        historyMark = linkTable.marks.next
        if let last = linkTable.links.last, last.place != place { moveLinkedSource(of: last, to: place) }
        linkTable.links.remove(at: place)
    }
}

extension LinkedStore {
    /// The link to the writer of a source. O(length of its id) expected.
    func writerLink(of source: Bytes) -> Link? {
        linkTable.linkedSources.find(sources.hash(of: source)) { linkTable.links[Int($0)].isPeer(source) }.map {
            linkTable.links[Int($0)]
        }
    }

    /// A link leads to the writer of its peer's source, from now on and in place of an earlier one.
    func linkSource(of link: Link) {
        guard let place = link.place, let source = link.peerSource?.bytes else { return }
        if let earlier = writerLink(of: source)?.place { unlink(source, at: earlier) }
        linkTable.linkedSources.insert(sources.hash(of: source), UInt32(truncatingIfNeeded: place))
        if let id = sources.find(source) { sources[id].isLinked = true }
    }

    func unlinkSource(of link: Link) {
        if let place = link.place, let source = link.peerSource?.bytes { unlink(source, at: place) }
    }

    /// The link at a place leads there no more, if it did.
    func unlink(_ source: Bytes, at place: Int) {
        guard linkTable.linkedSources.remove(sources.hash(of: source), UInt32(truncatingIfNeeded: place)) else {
            return
        }
        if let id = sources.find(source) { sources[id].isLinked = false }
    }

    /// A link takes the place of another one.
    func moveLinkedSource(of link: Link, to place: Int) {
        guard let before = link.place, let source = link.peerSource?.bytes else { return }
        let hash = sources.hash(of: source)
        guard linkTable.linkedSources.remove(hash, UInt32(truncatingIfNeeded: before)) else { return }
        linkTable.linkedSources.insert(hash, UInt32(truncatingIfNeeded: place))
    }
}
