/// The progress of the state, reset or contents deltas of one incarnation of a peer, over all links, and the claims of
/// their commit.
///
/// A class, because few links have one at a time, and because it outlives its link. Memory: 32 bytes for each claimed
/// source; of a reset 8 bytes for each key here.
final class StateTransfer {
    typealias Claim = (source: SourceID, since: Version, covered: Version, purged: Version)

    let mode: DeltaMode
    /// The sender's GC epoch that the sequences belong to.
    private(set) var kind: UInt64
    /// The ranges of sequences that have arrived, with withheld updates; and the ranges of those.
    private(set) var received: RangeSet
    private(set) var gaps = Gaps()

    /// The sources of rejected updates. Claims of them do not count.
    private var excluded = SourceSet()
    /// Whether a source was excluded, which may be retired since.
    private var excludesSome = false
    /// Whether its commit was applied and nothing has arrived since.
    private var hasEnded = false

    /// Of the commit: the next item, the claims so far, and the sequence that has to be reached.
    private(set) var nextItem = 0
    private(set) var claims: [Claim] = []
    /// The retired sources that the commit names. A repeated part names them again.
    private(set) var retired: [RetiredClaim] = []
    /// The exceptions that the commit names.
    private(set) var excepted: [CommitException] = []
    /// The index of a source's claim, counted from 1.
    private var claimIndices = SourceMap()
    private var holdsFrom: UInt64 = 0

    /// Of a reset or contents delta, by key: the sequence of the entry that the peer has, too; `.max` if the peer has
    /// another entry.
    private(set) var kept: [Arrivals.Sequence] = []
    private var noted: [(key: KeyID, arrival: Arrivals.Sequence)] = []

    /// The refused updates that have arrived since its latest commit.
    private(set) var refused: RefusedTable?
    /// Whether updates from before a save belong to it. `refused` does not contain those.
    private var isSaved: Bool

    /// The keys of which the peer sent a loser, though the peer has covered the winner.
    var contradictions: [KeyID] = []

    /// Whether a commit was applied; and the end of the progress when it was last noted.
    var hasBeenWhole = false
    private var notedEnd: UInt64 = 0

    /// The latest sequence here at its start.
    let begun: Arrivals.Sequence

    init(_ mode: DeltaMode, kind: UInt64, from start: UInt64, begun: Arrivals.Sequence) {
        self.mode = mode
        self.kind = kind
        self.begun = begun
        isSaved = false
        received = RangeSet(from: start)
    }

    /// Continues the progress of a save. The commit begins anew.
    init(_ saved: Progress) {
        mode = saved.mode
        kind = saved.epoch
        begun = 0
        isSaved = true
        received = RangeSet(from: saved.sequence)
        for range in saved.ranges { received.add(from: range.from, until: range.until) }
    }

    /// Returns the progress for a save. Nil if there is none, or if it depends on more than the entries and the named
    /// keys: the delta then begins anew.
    func saved(of incarnation: UInt64) -> Progress? {
        let received = whole
        guard mode.claimsVector, !isSettled, !excludesSome, refused == nil || mode == .state, contradictions.isEmpty,
            received.end > 0 || !received.ranges.isEmpty
        else { return nil }
        return Progress(
            incarnation: incarnation, mode: mode, epoch: kind, sequence: received.end, ranges: received.ranges)
    }

    /// Whether the progress is part of this replica's vector.
    var isSettled: Bool { hasEnded && !excludesSome && gaps.ranges.isEmpty && received.ranges.isEmpty }

    /// Whether no update was rejected, and none withheld.
    var isComplete: Bool { !excludesSome && gaps.ranges.isEmpty }

    /// The ranges of sequences that have arrived, without withheld updates.
    var whole: RangeSet { received.subtracting(gaps.ranges) }

    /// Notes that the updates of a range have arrived, except those up to `withheld`, which the sender has withheld.
    func note(from: UInt64, until: UInt64, withheld: UInt64 = 0) {
        if until > received.end { hasEnded = false }
        received.add(from: from, until: until)
        gaps.remove(from: from, until: until)
        gaps.add(from: from, until: min(withheld, until))
    }

    /// Whether a delta continues it.
    func continues(_ head: DeltaHead) -> Bool {
        mode == head.mode && kind == head.kind
    }

    func noteProgress() {
        notedEnd = received.end
    }

    /// Whether it is before its first commit, and has made progress since it was noted.
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

    /// Whether it may have contained an update that is refused here.
    func rests(on dot: Dot) -> Bool {
        isSaved || refused?.find(dot) != nil
    }

    /// Drops the note about a key, because the sender has purged its tombstone.
    func dropKept(_ key: KeyID) {
        if Int(key) < kept.count { kept[Int(key)] = 0 }
    }

    /// Moves on to the sender's GC epoch, for which the notes about all purged tombstones were dropped. The commit
    /// begins anew, because its parts so far lack the GC versions of these tombstones.
    func advance(to kind: UInt64) {
        self.kind = kind
        beginCommit()
    }

    /// Notes that the peer has named a key. The note counts if the check of the lines around it is right.
    /// - Returns: false if more keys are named without a mark than any replica does: then none of them counts.
    func note(_ key: KeyID, _ arrival: Arrivals.Sequence) -> Bool {
        noted.append((key, arrival))
        return noted.count <= Self.maxNoted
    }

    private static var maxNoted: Int { 4096 }

    /// Notes that the peer holds a loser to the entry of a key. At the limit, another delta has to name it.
    func noteContradiction(_ key: KeyID) {
        if contradictions.count < Self.maxNoted { contradictions.append(key) }
    }

    /// Counts or discards the notes.
    func settle(_ counts: Bool) {
        if counts {
            // A late datagram may name an older entry of the peer's.
            for (key, arrival) in noted where arrival != .max || kept(key) == 0 { keep(key, arrival) }
        }
        noted.removeAll(keepingCapacity: counts)
    }

    func keep(_ key: KeyID, _ arrival: Arrivals.Sequence) {
        if kept.count <= Int(key) { kept += Array(repeating: 0, count: Int(key) + 1 - kept.count) }
        kept[Int(key)] = arrival
    }

    func kept(_ key: KeyID) -> Arrivals.Sequence {
        Int(key) < kept.count ? kept[Int(key)] : 0
    }

    /// Returns the state of an entry in a save: 0, it was not named; 1, the peer has it; 2, the peer has another entry
    /// of its key.
    func state(of record: Record, _ key: KeyID?) -> Int {
        guard let key, kept(key) != 0 else { return 0 }
        return kept(key) == record.arrival ? 1 : 2
    }

    /// Applies a part of the commit. Returns whether the commit is complete and valid.
    func apply(_ part: CommitPart, _ ids: [SourceID?], _ exceptions: [CommitException]) -> Bool {
        hasEnded = false
        // A commit that begins anew contains no part that may have been altered.
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
        // An earlier part needs a higher sequence than the last one: it was altered, or the last one is late. The
        // commit begins anew.
        if part.sequence <= received.end { beginCommit() }
        return false
    }

    /// Ends the commit, which was applied. The next one is another.
    func endCommit() {
        beginCommit()
        (refused, isSaved) = (nil, false)
        hasEnded = true
    }

    private func beginCommit() {
        (nextItem, claims, retired, excepted, holdsFrom) = (0, [], [], [], 0)
        claimIndices = SourceMap()
    }

    /// Removes a source that was retired, and its claims.
    func remove(_ source: SourceID) {
        excluded.remove(source)
        refused?.removeAll(of: source)
        excepted.removeAll { $0.dot.source == source }
        let index = Int(claimIndices[source])
        guard index > 0 else { return }
        claims[index - 1] = (SourceTable.own, 0, 0, 0)
        claimIndices.set(source, to: 0)
    }

    /// Notes the latest claim of a source. A repeated part takes no memory.
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
