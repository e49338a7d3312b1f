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

/// The conversations of the open links of a replica, in no order; each knows its index. It lists what it does not own: the host owns a
/// link, and the link its replica.
struct OpenLinks: RandomAccessCollection {
    private var references: [Unmanaged<Conversation>] = []

    var startIndex: Int { 0 }
    var endIndex: Int { references.count }

    subscript(index: Int) -> Conversation { references[index].takeUnretainedValue() }

    mutating func append(_ link: Conversation) {
        link.index = count
        references.append(.passUnretained(link))
    }

    /// The last one takes the place. O(1).
    mutating func remove(at index: Int) {
        let last = references.removeLast()
        guard index < count else { return }
        last._withUnsafeGuaranteedRef { $0.index = index }
        references[index] = last
    }
}
