/// What a link knows of its peer's clock: what the peer has said, and what it will have when it has taken all that was sent.
///
/// The second is a guess, since a peer may refuse what it gets; it goes when the peer says anew what it has.
/// Memory: 24 bytes for each source, taken when the peer first says something.
struct PeerClock {
    private var claims: [(covered: Version, purged: Version, expected: Version)] = []

    /// The life and epoch that the claims belong to, and the revision of the peer's clock up to which they are complete.
    private(set) var life: UInt64 = 0
    private(set) var epoch: UInt64 = 0
    private(set) var revision: UInt64 = 0

    /// Of a question that is coming in: where the next part begins, and the revision that it will make complete.
    private(set) var next = 0
    private var until: UInt64 = .max

    private(set) var highestPurged: Version = 0

    func covered(_ source: SourceID) -> Version {
        guard Int(source) < claims.count else { return 0 }
        return max(claims[Int(source)].covered, claims[Int(source)].expected)
    }

    func purged(_ source: SourceID) -> Version {
        Int(source) < claims.count ? claims[Int(source)].purged : 0
    }

    /// The peer has covered a source up to a version.
    mutating func note(_ source: SourceID, covered: Version, purged: Version = 0) {
        makeRoom(for: source)
        if covered > claims[Int(source)].covered { claims[Int(source)].covered = covered }
        if purged > claims[Int(source)].purged { claims[Int(source)].purged = purged }
        highestPurged = max(highestPurged, purged)
    }

    /// The peer will have covered a source up to a version, unless it refuses something.
    mutating func expect(_ source: SourceID, covered: Version) {
        makeRoom(for: source)
        if covered > claims[Int(source)].expected { claims[Int(source)].expected = covered }
    }

    private mutating func makeRoom(for source: SourceID) {
        guard claims.count <= Int(source) else { return }
        claims += Array(repeating: (0, 0, 0), count: Int(source) + 1 - claims.count)
    }

    /// Forgets everything where the peer turns out to live another life.
    mutating func begin(life: UInt64) {
        guard life != self.life else { return }
        self = PeerClock()
        self.life = life
    }

    /// The revisions of this replica's clock and of the peer's at which they were last found to be the same.
    private var equality: (own: UInt64, peer: UInt64) = (.max, .max)

    /// The peer's clock is the same as this replica's. O(sources), and O(1) where neither has changed since it was.
    mutating func equals(_ sources: borrowing SourceTable, at own: UInt64, epoch: UInt64, revision: UInt64) {
        if equality != (own, revision) {
            for id in sources.ids { note(id, covered: sources[id].covered) }
            equality = (own, revision)
        }
        self.epoch = epoch
        self.revision = max(self.revision, revision)
        next = 0
        until = .max
    }

    /// Takes a part of a question into account; false where it does not follow on what has come before. Its claims are to
    /// be noted by the caller, who knows the numbers of sources.
    mutating func take(_ part: ClockPart) -> Bool {
        guard part.life == life, part.epoch >= epoch, part.since <= revision else { return false }
        // Parts of two epochs are never put together.
        if part.epoch > epoch { (epoch, next, until) = (part.epoch, 0, .max) }
        guard part.from <= next else { return false }
        next = max(next, part.to)
        until = min(until, part.until)
        if part.isLast {
            for id in claims.indices { claims[id].expected = 0 }
            revision = max(revision, until)
            (next, until) = (0, .max)
        }
        return true
    }

    /// Whether the peer may lack a tombstone that has been forgotten here.
    func lags(behind sources: borrowing SourceTable) -> Bool {
        for id in sources.ids where sources[id].purged > covered(id) { return true }
        return false
    }

    /// Whether this replica may lack a tombstone that the peer has forgotten.
    func isAhead(of sources: borrowing SourceTable) -> Bool {
        for id in claims.indices {
            let number = SourceID(truncatingIfNeeded: id)
            if claims[id].purged > sources[number].covered { return true }
        }
        return false
    }
}
