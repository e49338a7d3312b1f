/// What a link knows of its peer's version vector: what the peer has said, and what it will have when it has taken all that was
/// sent.
///
/// The second is a guess, since a peer may refuse what it gets; it goes when the peer says anew what it has.
/// Memory: 24 bytes for each source, taken when the peer first says something.
struct PeerState {
    private var claims: [(covered: Version, purged: Version, expected: Version)] = []

    /// The incarnation and GC epoch that the claims belong to, and the revision of the peer's vector up to which they are
    /// complete.
    private(set) var incarnation: UInt64 = 0
    private(set) var epoch: UInt64 = 0
    private(set) var revision: UInt64 = 0

    /// Of a vector that is coming in: where the next part begins, and the revision that it will make complete.
    private(set) var next = 0
    private var until: UInt64 = .max

    private(set) var highestPurged: Version = 0
    /// The highest version of an ended source that this replica does not know, or knows less of, and of which the peer has
    /// forgotten tombstones. 0: there is none.
    private(set) var unknownPurged: Version = 0
    /// Which ended sources of this replica's the peer knows.
    var retired = RetiredKnowledge()

    /// The latest request of the peer's for what it lacks; and the latest of any kind, which new updates answer. 0: none.
    var nonce: UInt64 = 0
    var subscription: UInt64 = 0

    @_optimize(speed)
    func covered(_ source: SourceID) -> Version {
        guard Int(source) < claims.count else { return 0 }
        return max(claims[Int(source)].covered, claims[Int(source)].expected)
    }

    /// What the peer has said itself.
    func confirmed(_ source: SourceID) -> Version {
        Int(source) < claims.count ? claims[Int(source)].covered : 0
    }

    func purged(_ source: SourceID) -> Version {
        Int(source) < claims.count ? claims[Int(source)].purged : 0
    }

    /// The link ends: what was sent and asked on it is of no matter to the next one.
    /// - Returns: what the peer has said itself, which is not here any more.
    mutating func endLink() -> PackedClaims {
        (nonce, subscription) = (0, 0)
        var packed = PackedClaims()
        for id in claims.indices where claims[id].covered > 0 || claims[id].purged > 0 {
            packed.append(
                SourceID(truncatingIfNeeded: id), covered: claims[id].covered, purged: claims[id].purged)
        }
        claims = []
        return packed
    }

    /// The next link has begun.
    mutating func take(_ packed: PackedClaims) {
        packed.forEach { note($0, covered: $1, purged: $2) }
    }

    mutating func forgetExpected() {
        for id in claims.indices { claims[id].expected = 0 }
    }

    /// Whether the peer's vector of a revision is known here, all of it.
    func isKnown(at revision: UInt64, of epoch: UInt64) -> Bool {
        next == 0 && revision > 0 && revision == self.revision && epoch == self.epoch
    }

    /// Whether the peer has covered more of a source than this replica.
    func coversMore(than sources: borrowing SourceTable) -> Bool {
        for id in claims.indices where claims[id].covered > sources[SourceID(truncatingIfNeeded: id)].covered {
            return true
        }
        return false
    }

    /// Whether this replica has covered more of a source than the peer.
    func coversLess(than sources: borrowing SourceTable) -> Bool {
        for id in sources.ids where sources[id].covered > confirmed(id) { return true }
        return false
    }

    /// The peer has covered a source up to a version.
    mutating func note(_ source: SourceID, covered: Version, purged: Version = 0) {
        makeRoom(for: source)
        if covered > claims[Int(source)].covered { claims[Int(source)].covered = covered }
        if purged > claims[Int(source)].purged { claims[Int(source)].purged = purged }
        highestPurged = max(highestPurged, purged)
    }

    /// The peer has forgotten a tombstone of an ended source that is not known here.
    mutating func notePurged(_ version: Version) {
        unknownPurged = max(unknownPurged, version)
        highestPurged = max(highestPurged, version)
    }

    /// A source is known by its hash alone from now on.
    mutating func forget(_ source: SourceID) {
        if Int(source) < claims.count { claims[Int(source)] = (0, 0, 0) }
    }

    /// The peer's reset has been taken.
    mutating func noteReset() {
        unknownPurged = 0
    }

    /// The peer knows the same ended sources as this replica, and no others.
    mutating func noteSameRetired(in table: borrowing RetiredTable) {
        retired.noteAll(in: table)
        unknownPurged = 0
    }

    /// The peer will have covered a source up to a version, unless it refuses something.
    @_optimize(speed)
    mutating func expect(_ source: SourceID, covered: Version) {
        makeRoom(for: source)
        if covered > claims[Int(source)].expected { claims[Int(source)].expected = covered }
    }

    private mutating func makeRoom(for source: SourceID) {
        guard claims.count <= Int(source) else { return }
        claims += Array(repeating: (0, 0, 0), count: Int(source) + 1 - claims.count)
    }

    /// How far this replica's deltas have come, as the peer has last said.
    private(set) var progress: Progress?

    mutating func hear(_ progress: Progress?) {
        self.progress = progress
        hasFreshProgress = true
    }

    /// The revisions of this replica's vector and of the peer's at which they were last found to be the same, as a mark.
    private var equality: UInt64 = 0

    /// What this replica and the peer were when a hello last served as a request, as a mark, and how many have found them so.
    private var answered: (at: UInt64, count: UInt8) = (0, 0)
    /// No delta has begun since where the peer's progress ends.
    var hasFreshProgress = false
    private static var maxAnswers: UInt8 { 4 }

    /// A hello is to serve as a request. False where so many have done so and nothing has changed: what is known of the peer
    /// may be wrong.
    mutating func mayAnswer(at mark: UInt64) -> Bool {
        answered = (mark, mark == answered.at ? answered.count + 1 : 1)
        return answered.count <= Self.maxAnswers
    }

    /// Whether the peer says of its GC epoch or revision that they have fallen. They never do: what is known of it was altered
    /// on its way.
    func contradicts(epoch: UInt64, revision: UInt64) -> Bool {
        epoch < self.epoch || revision < self.revision
    }

    /// Forgets everything where the peer turns out to be another incarnation.
    mutating func begin(incarnation: UInt64) {
        guard incarnation != self.incarnation else { return }
        self = PeerState()
        self.incarnation = incarnation
    }

    /// What is known may rest on two vectors with one hash: the next one is asked for as a whole.
    mutating func doubt() {
        var doubted = PeerState()
        doubted.incarnation = incarnation
        (doubted.nonce, doubted.subscription) = (nonce, subscription)
        self = doubted
    }

    /// The peer's vector is the same as this replica's. O(sources), and O(1) where neither has changed since it was.
    mutating func equals(
        _ sources: borrowing SourceTable, _ table: borrowing RetiredTable, at own: UInt64, epoch: UInt64,
        revision: UInt64
    ) {
        noteSameRetired(in: table)
        let here = PendingControl.mark(own, revision)
        if equality != here {
            for id in sources.ids { note(id, covered: sources[id].covered) }
            equality = here
        }
        self.epoch = epoch
        self.revision = max(self.revision, revision)
        next = 0
        until = .max
    }

    /// Takes a part of a vector into account; false where it does not follow on what has come before. Its claims are to
    /// be noted by the caller, who knows the numbers of sources.
    mutating func take(_ part: VectorPart) -> Bool {
        guard part.incarnation == incarnation, part.epoch >= epoch, part.since <= revision else { return false }
        // Parts of two epochs are never put together.
        if part.epoch > epoch { (epoch, next, until) = (part.epoch, 0, .max) }
        guard part.from <= next else { return false }
        next = max(next, part.to)
        until = min(until, part.until)
        if part.isLast {
            forgetExpected()
            revision = max(revision, until)
            (next, until) = (0, .max)
        }
        return true
    }

    /// Whether the peer may have missed a tombstone that has been forgotten here.
    func lags(behind sources: borrowing SourceTable, _ table: borrowing RetiredTable) -> Bool {
        if retired.missing(in: table).purged { return true }
        for id in sources.ids where sources[id].purged > max(covered(id), purged(id)) {
            if Self.counts(sources[id].purged, of: sources[id], table) { return true }
        }
        return false
    }

    /// Whether this replica may have missed a tombstone that the peer has forgotten.
    func isAhead(of sources: borrowing SourceTable, _ table: borrowing RetiredTable) -> Bool {
        // What was dropped since is told by nobody any more.
        if unknownPurged > table.floor { return true }
        for id in claims.indices {
            let source = sources[SourceID(truncatingIfNeeded: id)]
            guard claims[id].purged > max(source.covered, source.purged) else { continue }
            if Self.counts(claims[id].purged, of: source, table) { return true }
        }
        return false
    }

    /// Whether a replica may lag for what was purged of a source. It may not if the source has ended and others have dropped it.
    private static func counts(_ purged: Version, of source: Source, _ table: borrowing RetiredTable) -> Bool {
        purged > table.floor || source.mayBeAlive
    }
}
