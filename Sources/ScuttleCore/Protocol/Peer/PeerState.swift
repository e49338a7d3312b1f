/// The knowledge of a peer's version vector: the confirmed one, which the peer has sent; and the expected one, which
/// includes the updates that were sent to it.
///
/// The expected vector is a guess, because a peer may refuse updates. It ends when the peer sends its vector again.
/// Memory: see `PeerVector`. A GC version takes some 14 bytes more if it is above what this replica has covered, and
/// none otherwise.
struct PeerState {
    private var stated = PeerVector()
    /// Of the sources of which more was sent than the peer has confirmed. Invariant: no version is below the confirmed
    /// one.
    private var expected = PeerVector()
    /// The GC versions by which the peer or this replica may lag.
    private var purgedVersions: SourceMap?

    /// The incarnation and GC epoch of the claims, and the revision of the peer's vector up to which they are complete.
    private(set) var incarnation: UInt64 = 0
    private(set) var epoch: UInt64 = 0
    private(set) var revision: UInt64 = 0

    /// Of a vector that arrives in parts: the next item, and the revision up to which the whole vector makes the claims
    /// complete.
    private(set) var next = 0
    private var until: UInt64 = .max

    private(set) var highestPurged: Version = 0
    /// The highest GC version of a retired source that is unknown here, or of which the peer knows more. 0: there is
    /// none.
    private(set) var unknownPurged: Version = 0
    /// The retired sources of this replica that the peer knows.
    var retired = RetiredKnowledge()

    /// The nonce of the peer's latest request for missing updates, and of the latest request of any kind, for new
    /// updates. 0: none.
    var nonce: UInt64 = 0
    var subscription: UInt64 = 0

    @inline(never)
    @_optimize(speed)
    func covered(_ source: SourceID, in replica: Store) -> Version {
        if !expected.isEmpty {
            let version = expected.covered(source, in: replica)
            if version > 0 { return version }
        }
        return stated.covered(source, in: replica)
    }

    /// Returns the version of a source that the peer has confirmed.
    func confirmed(_ source: SourceID, in replica: Store) -> Version { stated.covered(source, in: replica) }

    /// Returns the peer's GC version of a source; 0 if it is of no use: neither above the replica's vector nor above
    /// the peer's, and the replica had no exceptions.
    func purged(_ source: SourceID) -> Version { purgedVersions?[source] ?? 0 }

    /// The number of sources with memory of their own.
    var claimCount: Int { stated.count + (purgedVersions?.count ?? 0) }

    /// Drops the requests of a link that ends, and the expected vector.
    mutating func endLink() {
        (nonce, subscription) = (0, 0)
        dropExpected()
    }

    mutating func dropExpected() { expected = PeerVector() }

    /// The bases of both vectors.
    var bases: (UInt64, UInt64) { (stated.base, expected.base) }

    /// Drops the bases before one, because the past of the vector is kept from there on.
    /// - Returns: false if the confirmed vector is lost.
    mutating func leaveBases(before base: UInt64, in replica: Store) -> Bool {
        if expected.base < base { expected.rebase(in: replica, maxOwn: Self.fewDiffering) }
        if expected.base > 0, expected.base < base { dropExpected() }
        if stated.base < base { stated.rebase(in: replica, maxOwn: Self.fewDiffering) }
        return stated.base == 0 || stated.base >= base
    }

    /// A vector keeps so many versions of its own to keep its base.
    private static var fewDiffering: Int { 64 }

    /// Whether the peer's whole vector of a revision is known.
    func isKnown(at revision: UInt64, of epoch: UInt64) -> Bool {
        next == 0 && revision > 0 && revision == self.revision && epoch == self.epoch
    }

    /// Whether the peer has covered more of a source than this replica. O(sources that may differ).
    func coversMore(than replica: Store) -> Bool { stated.coversMore(than: replica) }

    /// Whether this replica has covered more of a source than the peer.
    func coversLess(than replica: Store) -> Bool {
        for id in differing(from: replica) where replica.sources[id].covered > confirmed(id, in: replica) {
            return true
        }
        return false
    }

    /// Returns the sources that may differ, in order of id. O(those, and sources / 64).
    func differing(from replica: Store) -> DifferingSources { stated.differing(from: replica) }

    /// Returns the first of them from an id on; the number of sources if there is none.
    func next(from index: Int, in replica: Store) -> Int { stated.next(from: index, in: replica) }

    /// Raises the confirmed version of a source, and its GC version.
    @inline(never)
    mutating func note(_ source: SourceID, covered: Version, purged: Version = 0, in replica: Store) {
        if covered > confirmed(source, in: replica) {
            if !expected.isEmpty {
                let version = expected.covered(source, in: replica)
                if version > 0, version < covered { expected.set(source, to: covered, in: replica) }
            }
            stated.set(source, to: covered, in: replica)
        }
        guard purged > 0 else { return }
        highestPurged = max(highestPurged, purged)
        guard
            purged > replica.sources[source].covered || purged > confirmed(source, in: replica)
                || replica.refused != nil
        else { return }
        let purgedVersions = self.purgedVersions ?? SourceMap()
        self.purgedVersions = purgedVersions
        if purged > purgedVersions[source] { purgedVersions.set(source, to: purged) }
    }

    /// Notes a GC version of a retired source that is unknown here.
    mutating func notePurged(_ version: Version) {
        unknownPurged = max(unknownPurged, version)
        highestPurged = max(highestPurged, version)
    }

    /// Removes a source that was retired.
    mutating func remove(_ source: SourceID) {
        stated.remove(source)
        expected.remove(source)
        purgedVersions?.set(source, to: 0)
    }

    /// Notes that the peer has dropped a source.
    mutating func drop(_ source: SourceID, in replica: Store) {
        remove(source)
        if stated.covered(source, in: replica) > 0 { stated.set(source, to: 0, in: replica) }
        if expected.covered(source, in: replica) > 0 { expected.set(source, to: 0, in: replica) }
    }

    /// Notes that the peer's reset was applied.
    mutating func noteReset() {
        unknownPurged = 0
    }

    /// Notes that the peer has the same retired sources as this replica.
    mutating func noteSameRetired(in table: borrowing RetiredTable) {
        retired.noteAll(in: table)
        unknownPurged = 0
    }

    /// Raises the expected version of a source.
    @_optimize(speed)
    mutating func expect(_ source: SourceID, covered: Version, in replica: Store) {
        if expected.raise(source, to: covered) { return }
        if covered > self.covered(source, in: replica) { expected.set(source, to: covered, in: replica) }
    }

    /// Moves the base of the confirmed vector to the present, after a whole vector of the peer's has arrived.
    mutating func settle(in replica: Store) { stated.rebase(in: replica) }

    /// A fingerprint of both replicas at the latest hello that served as a request.
    private var servedAt: UInt64 = 0

    /// The progress of this replica's deltas, by the peer's latest message.
    private(set) var progress: Progress?

    mutating func note(_ progress: Progress?) {
        self.progress = progress
        hasFreshProgress = true
    }

    /// The number of hellos that served as requests with that fingerprint.
    private var served: UInt8 = 0
    /// Whether no delta has begun since at the end of the peer's progress.
    var hasFreshProgress = false
    private static var maxServed: UInt8 { 4 }

    /// Whether a hello may serve as a request. False if several have served and nothing has changed: the peer state may
    /// be wrong.
    mutating func mayServe(at fingerprint: UInt64) -> Bool {
        served = fingerprint == servedAt ? served + 1 : 1
        servedAt = fingerprint
        return served <= Self.maxServed
    }

    /// Whether the peer's GC epoch or revision has fallen, which is impossible: the known one was altered on its way.
    func contradicts(epoch: UInt64, revision: UInt64) -> Bool {
        epoch < self.epoch || revision < self.revision
    }

    /// Begins with another incarnation of the peer, if it is another one.
    mutating func begin(incarnation: UInt64) {
        guard incarnation != self.incarnation else { return }
        self = PeerState()
        self.incarnation = incarnation
    }

    /// Drops all claims. They may come from two vectors with one hash, so the next request is for the whole vector.
    mutating func invalidate() {
        var invalidated = PeerState()
        invalidated.incarnation = incarnation
        (invalidated.nonce, invalidated.subscription) = (nonce, subscription)
        self = invalidated
    }

    /// Notes that the peer's vector equals this replica's. O(1), and it frees the memory of the claims.
    mutating func equals(_ replica: Store, epoch: UInt64, revision: UInt64) {
        noteSameRetired(in: replica.retired)
        stated = PeerVector(of: replica)
        dropExpected()
        // No GC version is above its vector entry.
        purgedVersions = nil
        self.epoch = epoch
        self.revision = max(self.revision, revision)
        next = 0
        until = .max
    }

    /// Applies a part of a vector, except its claims. False if it does not follow the parts before it. The caller notes
    /// the claims, because it knows the ids of their sources.
    mutating func apply(_ part: VectorPart) -> Bool {
        guard part.incarnation == incarnation, part.epoch >= epoch, part.since <= revision else { return false }
        // Parts of two epochs make no vector.
        if part.epoch > epoch { (epoch, next, until) = (part.epoch, 0, .max) }
        guard part.from <= next else { return false }
        next = max(next, part.to)
        until = min(until, part.until)
        if part.isLast {
            dropExpected()
            revision = max(revision, until)
            (next, until) = (0, .max)
        }
        return true
    }

    /// Whether the peer may have missed a tombstone that was purged here.
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

    /// Whether this replica may have missed a tombstone that the peer has purged.
    func isAhead(of replica: Store) -> Bool {
        // Replicas do not send claims of dropped sources any more.
        if unknownPurged > replica.retired.floor { return true }
        guard let purgedVersions else { return false }
        for index in 0..<purgedVersions.places {
            let (id, purged) = purgedVersions.entry(at: index)
            guard purged > 0 else { continue }
            let source = replica.sources[id]
            if purged > max(source.covered, source.purged), Self.counts(purged, of: source, replica.retired) {
                return true
            }
        }
        return false
    }

    /// Whether a replica may lag because of a source's GC version. It may not if the source has ended and others have
    /// dropped it.
    private static func counts(_ purged: Version, of source: Source, _ table: borrowing RetiredTable) -> Bool {
        purged > table.floor || source.mayBeAlive
    }
}
