/// The state, reset or contents deltas of one incarnation of a peer: how far they have come, over whatever links, and what
/// their commit claims so far.
///
/// An object of its own since few links have one at a time, and since it outlives a link. Memory: 32 bytes for each source
/// claimed; of a reset 8 bytes for each key here.
final class StateTransfer {
    typealias Claim = (source: SourceID, since: Version, covered: Version, purged: Version)

    let mode: DeltaMode
    /// The sender's GC epoch that its sequences belong to.
    private(set) var kind: UInt64
    /// How far it has come, with what was left out; and what was.
    private(set) var received: RangeSet
    private(set) var gaps = Gaps()

    /// Sources of which an update was refused, so that nothing vouches for them.
    private var excluded = SourceSet()
    /// One of them may be known by its hash alone since.
    private var excludesSome = false
    /// Its commit has been taken, and nothing has come since.
    private var hasEnded = false

    /// Of its commit: the next item to come, what has come, and the sequence from which it holds.
    private(set) var nextItem = 0
    private(set) var claims: [Claim] = []
    /// The ended sources that it names. A part that comes again names them again.
    private(set) var retired: [RetiredClaim] = []
    /// What it says of exceptions.
    private(set) var excepted: [CommitException] = []
    /// Where in them a source's claim stands, counted from 1.
    private var claimIndices = SourceMap()
    private var holdsFrom: UInt64 = 0

    /// Of a whole delta, by key: the arrival of the entry that the peer has too; `.max` where the peer has another.
    private(set) var kept: [Arrivals.Stamp] = []
    private var noted: [(key: KeyID, arrival: Arrivals.Stamp)] = []

    /// The refused updates that it has brought since its latest commit.
    private(set) var refused: RefusedTable?
    /// Whether updates before a save belong to it, of which `refused` has none.
    private var isSaved: Bool

    /// Keys of which the peer sent an entry that loses to the entry here, though the peer has covered that one.
    var contradictions: [KeyID] = []

    /// A commit has been taken; and how far it had come some gossips ago.
    var hasBeenWhole = false
    private var notedEnd: UInt64 = 0

    /// The sequence given last here when it began.
    let begun: Arrivals.Stamp

    init(_ mode: DeltaMode, kind: UInt64, from start: UInt64, begun: Arrivals.Stamp) {
        self.mode = mode
        self.kind = kind
        self.begun = begun
        isSaved = false
        received = RangeSet(from: start)
    }

    /// Goes on from a save. Its commit comes anew.
    init(_ saved: Progress) {
        mode = saved.mode
        kind = saved.epoch
        begun = 0
        isSaved = true
        received = RangeSet(from: saved.sequence)
        for range in saved.ranges { received.add(from: range.from, until: range.until) }
    }

    /// To be said in a save. Nil if there is nothing to say, or if it rests on more than the entries and what was named of them:
    /// then the delta has to come anew.
    func saved(of incarnation: UInt64) -> Progress? {
        let received = whole
        guard mode.claimsVector, !isSettled, !excludesSome, refused == nil || mode == .state, contradictions.isEmpty,
            received.end > 0 || !received.ranges.isEmpty
        else { return nil }
        return Progress(incarnation: incarnation, mode: mode, epoch: kind, sequence: received.end, ranges: received.ranges)
    }

    /// Whether the vector of this replica says all that there is to say of it.
    var isSettled: Bool { hasEnded && !excludesSome && gaps.ranges.isEmpty && received.ranges.isEmpty }

    /// Whether nothing was rejected, and nothing withheld.
    var isComplete: Bool { !excludesSome && gaps.ranges.isEmpty }

    /// How far it has come, without what was left out.
    var whole: RangeSet { received.subtracting(gaps.ranges) }

    /// Notes that the updates of a span have come, except those up to `withheld`, which the sender has left out.
    func note(from: UInt64, until: UInt64, withheld: UInt64 = 0) {
        if until > received.end { hasEnded = false }
        received.add(from: from, until: until)
        gaps.remove(from: from, until: until)
        gaps.add(from: from, until: min(withheld, until))
    }

    /// Whether a delta goes on with it.
    func continues(_ head: DeltaHead) -> Bool {
        mode == head.mode && kind == head.kind
    }

    func noteProgress() {
        notedEnd = received.end
    }

    /// Whether it is on its way to its first commit, and has gone on since it was seen.
    var isUnderway: Bool { !hasBeenWhole && received.end > notedEnd }

    func exclude(_ source: SourceID) {
        excluded.insert(source)
        excludesSome = true
    }

    func excludes(_ source: SourceID) -> Bool { excluded.contains(source) }

    func note(refused dot: Dot) {
        let table = refused ?? RefusedTable()
        refused = table
        if table.find(dot) == nil { table.insert(dot, reason: 0) }
    }

    /// Whether it may have brought an update that is refused here.
    func rests(on dot: Dot) -> Bool {
        isSaved || refused?.find(dot) != nil
    }

    /// The sender has forgotten the tombstone of a key that it may have named before.
    func dropKept(_ key: KeyID) {
        if Int(key) < kept.count { kept[Int(key)] = 0 }
    }

    /// Moves on to the sender's GC epoch, for which all purged tombstones were dropped. The commit begins anew, because its parts so
    /// far lack the GC versions of these tombstones.
    func advance(to kind: UInt64) {
        self.kind = kind
        beginCommit()
    }

    /// The peer has named a key; it counts when the lines around it turn out to be what was sent.
    /// - Returns: false if more keys are named without a mark than any replica does: then none of them counts.
    func note(_ key: KeyID, _ arrival: Arrivals.Stamp) -> Bool {
        noted.append((key, arrival))
        return noted.count <= Self.maxNoted
    }

    private static var maxNoted: Int { 4096 }

    /// The peer holds what loses to the entry of a key. Those that are too many come with another delta.
    func noteContradiction(_ key: KeyID) {
        if contradictions.count < Self.maxNoted { contradictions.append(key) }
    }

    /// What was noted counts, or does not.
    func settle(_ counts: Bool) {
        if counts {
            // A late datagram may still have what the peer had before.
            for (key, arrival) in noted where arrival != .max || kept(key) == 0 { keep(key, arrival) }
        }
        noted.removeAll(keepingCapacity: counts)
    }

    func keep(_ key: KeyID, _ arrival: Arrivals.Stamp) {
        if kept.count <= Int(key) { kept += Array(repeating: 0, count: Int(key) + 1 - kept.count) }
        kept[Int(key)] = arrival
    }

    func kept(_ key: KeyID) -> Arrivals.Stamp {
        Int(key) < kept.count ? kept[Int(key)] : 0
    }

    /// What a save says of an entry: 0, it was not named; 1, it was named as it is here; 2, the peer has another of its key.
    func state(of record: Record, _ key: KeyID?) -> Int {
        guard let key, kept(key) != 0 else { return 0 }
        return kept(key) == record.arrival ? 1 : 2
    }

    /// Takes a part of the commit; true where all of it is there, and holds.
    func apply(_ part: CommitPart, _ ids: [SourceID?], _ exceptions: [CommitException]) -> Bool {
        hasEnded = false
        // What begins anew rests on nothing that may have been altered on its way.
        if part.from == 0 { beginCommit() }
        guard part.from <= nextItem else { return false }
        if part.to > nextItem {
            retired += part.retired
            excepted += exceptions
        }
        nextItem = max(nextItem, part.to)
        holdsFrom = max(holdsFrom, part.sequence)
        for case (let id?, let claim) in zip(ids, part.claims) {
            note((id, claim.since, claim.covered, claim.purged))
        }
        guard part.isLast else { return false }
        if received.end >= holdsFrom { return true }
        // An earlier part rests on more than the last one: it was altered on its way, or the last one is late. All of it comes again.
        if part.sequence <= received.end { beginCommit() }
        return false
    }

    /// The commit has been taken: what comes next has another.
    func endCommit() {
        beginCommit()
        (refused, isSaved) = (nil, false)
        hasEnded = true
    }

    private func beginCommit() {
        (nextItem, claims, retired, excepted, holdsFrom) = (0, [], [], [], 0)
        claimIndices = SourceMap()
    }

    /// A source is known by its hash alone from now on: it is as if nothing were claimed of it.
    func remove(_ source: SourceID) {
        excluded.remove(source)
        refused?.forget(source)
        excepted.removeAll { $0.dot.source == source }
        let index = Int(claimIndices[source])
        guard index > 0 else { return }
        claims[index - 1] = (SourceTable.own, 0, 0, 0)
        claimIndices.set(source, to: 0)
    }

    /// One claim a source, the latest: a part that comes again takes no memory.
    private func note(_ claim: Claim) {
        let index = Int(claimIndices[claim.source])
        if index > 0 {
            claims[index - 1] = claim
        } else {
            claims.append(claim)
            claimIndices.set(claim.source, to: UInt64(claims.count))
        }
    }
}
