/// What a link knows of its peer's version vector: what the peer has said, and what it will have when it has taken all that was
/// sent.
///
/// The second is a guess, since a peer may refuse what it gets; it goes when the peer says anew what it has.
/// Memory: see `PeerVector`. A GC version takes some 14 bytes more if it is above what this replica has covered, and none otherwise.
struct PeerState {
    private var said = PeerVector()
    /// Of sources of which more was sent than the peer has said. Invariant: each number is at least what the peer has said.
    private var expected = PeerVector()
    /// GC versions that may say that one of both lags.
    private var gone: SourceMap?

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

    @inline(never)
    @_optimize(speed)
    func covered(_ source: SourceID, in replica: Store) -> Version {
        if !expected.isEmpty {
            let version = expected.covered(source, in: replica)
            if version > 0 { return version }
        }
        return said.covered(source, in: replica)
    }

    /// What the peer has said itself.
    func confirmed(_ source: SourceID, in replica: Store) -> Version { said.covered(source, in: replica) }

    /// The peer's GC version of a source. Kept if it was above the replica's vector or the peer's own when the peer said it, or if
    /// the replica had exceptions.
    func purged(_ source: SourceID) -> Version { gone?[source] ?? 0 }

    /// How many sources take memory of their own.
    var claimCount: Int { said.count + (gone?.count ?? 0) }

    /// The link ends: what was sent and asked on it is of no matter to the next one.
    mutating func endLink() {
        (nonce, subscription) = (0, 0)
        forgetExpected()
    }

    mutating func forgetExpected() { expected = PeerVector() }

    /// The bases that it relies on.
    var bases: (UInt64, UInt64) { (said.base, expected.base) }

    /// What the replica was before a base is not kept any more.
    /// - Returns: false if it is not known any more what the peer has said.
    mutating func leaveBases(before base: UInt64, in replica: Store) -> Bool {
        if expected.base < base { expected.rebase(in: replica, atMost: Self.fewDiffering) }
        if expected.base > 0, expected.base < base { forgetExpected() }
        if said.base < base { said.rebase(in: replica, atMost: Self.fewDiffering) }
        return said.base == 0 || said.base >= base
    }

    /// So many numbers of its own are no matter.
    private static var fewDiffering: Int { 64 }

    /// Whether the peer's vector of a revision is known here, all of it.
    func isKnown(at revision: UInt64, of epoch: UInt64) -> Bool {
        next == 0 && revision > 0 && revision == self.revision && epoch == self.epoch
    }

    /// Whether the peer has covered more of a source than this replica. O(sources of which the peer has something else).
    func coversMore(than replica: Store) -> Bool { said.coversMore(than: replica) }

    /// Whether this replica has covered more of a source than the peer.
    func coversLess(than replica: Store) -> Bool {
        for id in differing(from: replica) where replica.sources[id].covered > confirmed(id, in: replica) {
            return true
        }
        return false
    }

    /// The sources of which the peer may have something else than this replica, by number. O(those, and sources / 64).
    func differing(from replica: Store) -> DifferingSources { said.differing(from: replica) }

    /// The first of them from a number on; or how many sources there are.
    func next(from place: Int, in replica: Store) -> Int { said.next(from: place, in: replica) }

    /// The peer has covered a source up to a version.
    @inline(never)
    mutating func note(_ source: SourceID, covered: Version, purged: Version = 0, in replica: Store) {
        if covered > confirmed(source, in: replica) {
            if !expected.isEmpty {
                let version = expected.covered(source, in: replica)
                if version > 0, version < covered { expected.set(source, to: covered, in: replica) }
            }
            said.set(source, to: covered, in: replica)
        }
        guard purged > 0 else { return }
        highestPurged = max(highestPurged, purged)
        guard
            purged > replica.sources[source].covered || purged > confirmed(source, in: replica)
                || replica.refused != nil
        else { return }
        let gone = self.gone ?? SourceMap()
        self.gone = gone
        if purged > gone[source] { gone.set(source, to: purged) }
    }

    /// The peer has forgotten a tombstone of an ended source that is not known here.
    mutating func notePurged(_ version: Version) {
        unknownPurged = max(unknownPurged, version)
        highestPurged = max(highestPurged, version)
    }

    /// A source is known by its hash alone from now on.
    mutating func forget(_ source: SourceID) {
        said.forget(source)
        expected.forget(source)
        gone?.set(source, to: 0)
    }

    /// The peer has dropped what it knew of a source.
    mutating func drop(_ source: SourceID, in replica: Store) {
        forget(source)
        if said.covered(source, in: replica) > 0 { said.set(source, to: 0, in: replica) }
        if expected.covered(source, in: replica) > 0 { expected.set(source, to: 0, in: replica) }
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
    mutating func expect(_ source: SourceID, covered: Version, in replica: Store) {
        if expected.raise(source, to: covered) { return }
        if covered > self.covered(source, in: replica) { expected.set(source, to: covered, in: replica) }
    }

    /// A whole vector of the peer's has come.
    mutating func settle(in replica: Store) { said.rebase(in: replica) }

    /// What this replica and the peer were when a hello last served as a request, as a mark.
    private var answeredAt: UInt64 = 0

    /// How far this replica's deltas have come, as the peer has last said.
    private(set) var progress: Progress?

    mutating func hear(_ progress: Progress?) {
        self.progress = progress
        hasFreshProgress = true
    }

    /// How many hellos have found both so.
    private var answers: UInt8 = 0
    /// No delta has begun since where the peer's progress ends.
    var hasFreshProgress = false
    private static var maxAnswers: UInt8 { 4 }

    /// A hello is to serve as a request. False where so many have done so and nothing has changed: what is known of the peer
    /// may be wrong.
    mutating func mayAnswer(at mark: UInt64) -> Bool {
        answers = mark == answeredAt ? answers + 1 : 1
        answeredAt = mark
        return answers <= Self.maxAnswers
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

    /// The peer's vector is the same as this replica's. O(1), and giving back what it took to say how it was.
    mutating func equals(_ replica: Store, epoch: UInt64, revision: UInt64) {
        noteSameRetired(in: replica.retired)
        said = PeerVector(of: replica)
        forgetExpected()
        // No more of a source is purged than covered.
        gone = nil
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
    func lags(behind replica: Store) -> Bool {
        if retired.missing(in: replica.retired).purged { return true }
        for id in differing(from: replica) {
            let source = replica.sources[id]
            if source.purged > 0, source.purged > max(covered(id, in: replica), purged(id)),
                Self.counts(source.purged, of: source, replica.retired)
            {
                return true
            }
        }
        return false
    }

    /// Whether this replica may have missed a tombstone that the peer has forgotten.
    func isAhead(of replica: Store) -> Bool {
        // What was dropped since is told by nobody any more.
        if unknownPurged > replica.retired.floor { return true }
        guard let gone else { return false }
        for place in 0..<gone.places {
            let (id, purged) = gone.entry(at: place)
            guard purged > 0 else { continue }
            let source = replica.sources[id]
            if purged > max(source.covered, source.purged), Self.counts(purged, of: source, replica.retired) {
                return true
            }
        }
        return false
    }

    /// Whether a replica may lag for what was purged of a source. It may not if the source has ended and others have dropped it.
    private static func counts(_ purged: Version, of source: Source, _ table: borrowing RetiredTable) -> Bool {
        purged > table.floor || source.mayBeAlive
    }
}
