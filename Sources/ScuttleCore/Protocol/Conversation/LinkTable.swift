/// The links of a replica, and what they share.
struct LinkTable: ~Copyable {
    var links = OpenLinks()
    /// For each source whose writer is the peer of a link, the index of that link.
    var linkedSources = HashIndex()
    /// The peers of links that have ended.
    var peers = RememberedPeers()
    /// The number of full links, the marks at which others can become full, and whether a call has returned that one
    /// was full.
    var fullLinks = 0
    var marks = BackpressureMarks()
    var hasReportedFull = false
    /// The size of the incomplete lines of all links.
    var waitingBytes = 0
    /// The newest shared delta; nil if an entry in it was superseded, or if none was written.
    var newestSharedDelta: SharedDelta?
}

/// The conversations of the open links of a replica, in no order; each knows its index. The collection owns none: the
/// host owns a link, and the link its replica.
struct OpenLinks: RandomAccessCollection {
    private var references: [Unmanaged<Conversation>] = []

    var startIndex: Int { 0 }
    var endIndex: Int { references.count }

    subscript(index: Int) -> Conversation { references[index].takeUnretainedValue() }

    /// Lends a link, without counting the reference.
    @inline(__always)
    func with<Result>(_ index: Int, _ body: (Conversation) -> Result) -> Result {
        references[index]._withUnsafeGuaranteedRef(body)
    }

    mutating func append(_ link: Conversation) {
        link.index = count
        references.append(.passUnretained(link))
    }

    /// Removes a link, whose index the last one gets. O(1).
    mutating func remove(at index: Int) {
        let last = references.removeLast()
        guard index < count else { return }
        last._withUnsafeGuaranteedRef { $0.index = index }
        references[index] = last
    }
}
