/// A state, reset or contents delta that is coming in: how far it has come, and what its commit claims so far.
///
/// An object of its own since few links have one at a time. Memory: 32 bytes for each source claimed; of a reset 8 bytes
/// for each key here.
final class StateTransfer {
    typealias Claim = (source: SourceID, since: Version, covered: Version, purged: Version)

    let head: DeltaHead
    var come: RangeSet

    /// Of its commit: the next source to come, what has come, and the sequence from which it holds.
    private(set) var nextSource = 0
    private(set) var claims: [Claim] = []
    /// The ended sources that it names. A part that comes again names them again.
    private(set) var retired: [RetiredClaim] = []
    /// What its sender covers and does not hold. A part that comes again names them again.
    private(set) var excepted: [Dot] = []
    /// Where in them a source's claim stands, by source; -1 where it has none.
    private var places: [Int] = []
    private var holdsFrom: UInt64 = 0

    /// Of a whole delta, by key: the arrival of the entry that the peer has too; `.max` where the peer has another.
    private var kept: [Arrivals.Stamp] = []

    /// Keys of which the peer sent an entry that loses to the entry here, though the peer has covered that one.
    var contradictions: [KeyID] = []

    /// The sequence given last here when it began.
    let begun: Arrivals.Stamp

    init(_ head: DeltaHead, begun: Arrivals.Stamp) {
        self.head = head
        self.begun = begun
        come = RangeSet(from: head.span?.start ?? 0)
    }

    func keep(_ key: KeyID, _ arrival: Arrivals.Stamp) {
        if kept.count <= Int(key) { kept += Array(repeating: 0, count: Int(key) + 1 - kept.count) }
        kept[Int(key)] = arrival
    }

    func kept(_ key: KeyID) -> Arrivals.Stamp {
        Int(key) < kept.count ? kept[Int(key)] : 0
    }

    /// Takes a part of the commit; true where all of it is there, and holds.
    func take(_ part: CommitPart, _ ids: [SourceID?]) -> Bool {
        guard part.from <= nextSource else { return false }
        if part.to > nextSource { retired += part.retired }
        holdsFrom = max(holdsFrom, part.sequence)
        for case (let id?, let claim) in zip(ids, part.claims) {
            note((id, claim.since, claim.covered, claim.purged))
            for exception in part.excepted where part.to > nextSource && exception.source.equals(claim.source) {
                excepted.append(Dot(source: id, version: exception.version))
            }
        }
        nextSource = max(nextSource, part.to)
        return part.isLast && come.end >= holdsFrom
    }

    /// A source is known by its hash alone from now on: it is as if nothing were claimed of it.
    func forget(_ source: SourceID) {
        let id = Int(source)
        guard id < places.count, places[id] >= 0 else { return }
        claims[places[id]] = (SourceTable.own, 0, 0, 0)
        excepted.removeAll { $0.source == source }
        places[id] = -1
    }

    /// One claim a source, the latest: a part that comes again takes no memory.
    private func note(_ claim: Claim) {
        let id = Int(claim.source)
        if places.count <= id { places += Array(repeating: -1, count: id + 1 - places.count) }
        if places[id] >= 0 {
            claims[places[id]] = claim
        } else {
            places[id] = claims.count
            claims.append(claim)
        }
    }
}
