/// A peer's version vector: of each source nothing, the version that this replica had at a base (see `VectorPast`), or
/// a version of its own.
///
/// Memory: 16 bytes if the peer has nothing, or if its vector is this replica's at the base. Otherwise a bit for each
/// source up to the highest that rests on the base, and 13 to 15 bytes for each version of its own.
struct PeerVector {
    /// 0: no source rests on a base.
    private(set) var base: UInt64 = 0
    /// nil: all sources rest on the base.
    private var claims: PeerClaims?

    /// The number of claims from which on a base is worth its bits.
    private static var fewClaims: Int { 16 }

    init() {}

    /// Makes the vector of the replica at present.
    init(of replica: Store) { base = replica.relyOnVector() }

    var isEmpty: Bool { base == 0 && claims == nil }
    /// The number of versions of its own.
    var count: Int { claims?.count ?? 0 }

    @inline(never)
    @_optimize(speed)
    func covered(_ id: SourceID, in replica: Store) -> Version {
        guard let claims else { return base == 0 ? 0 : replica.covered(id, at: base) }
        return claims.rests(id) ? replica.covered(id, at: base) : claims[id]
    }

    /// Raises a version of its own. False if there is none for this source.
    @inline(__always)
    func raise(_ id: SourceID, to version: Version) -> Bool { claims?.raise(id, to: version) ?? false }

    @inline(never)
    mutating func set(_ id: SourceID, to version: Version, in replica: Store) {
        let claims = self.claims ?? PeerClaims(resting: base == 0 ? 0 : replica.sources.count)
        self.claims = claims
        if base == 0, claims.count >= Self.fewClaims { base = replica.relyOnVector() }
        if base > 0, replica.covered(id, at: base) == version { return claims.rest(id) }
        // The versions of its own may come from changes since the base.
        if claims.isFull, base <= replica.revision, claims.count * 8 >= replica.sources.count {
            rebase(in: replica)
            if base > replica.revision { return set(id, to: version, in: replica) }
        }
        claims.put(id, version)
    }

    /// Removes a source, whose id another one will get.
    mutating func remove(_ id: SourceID) { claims?.set(id, to: 0) }

    /// Returns the first source from an id on that may differ from the replica's; the number of sources if there is
    /// none. O(sources passed / 64).
    func next(from first: Int, in replica: Store) -> Int {
        base == 0
            ? min(first, replica.sources.count)
            : replica.nextChange(since: base, from: first, restingOn: claims)
    }

    /// Returns all of them, in order of id.
    func differing(from replica: Store) -> DifferingSources { DifferingSources(vector: self, replica: replica) }

    /// Whether more of a source is covered than the replica has. O(versions of its own).
    func coversMore(than replica: Store) -> Bool {
        guard let claims else { return false }
        for index in 0..<claims.places {
            let (id, version) = claims.entry(at: index)
            if version > 0, version > replica.sources[id].covered { return true }
        }
        return false
    }

    /// Moves the base to the present, unless that needs more versions of its own than there are, and more than `limit`.
    /// O(sources that differ).
    @inline(never)
    mutating func rebase(in replica: Store, maxOwn limit: Int = 0) {
        guard base > 0, base <= replica.revision, claims != nil || limit > 0 else { return }
        let limit = max(count, Self.fewClaims, limit)
        var (lacking, own) = (0, 0)
        for id in differing(from: replica) {
            let known = covered(id, in: replica)
            if known != replica.sources[id].covered {
                lacking += 1
                if known > 0 { own += 1 }
            }
        }
        guard own <= limit else { return }
        guard lacking > 0 else {
            self = PeerVector(of: replica)
            return
        }
        let before = self
        let rebased = claims.map { PeerClaims(copyingBitsOf: $0) } ?? PeerClaims(resting: replica.sources.count)
        for id in before.differing(from: replica) {
            let known = before.covered(id, in: replica)
            if known == replica.sources[id].covered { rebased.rest(id) } else { rebased.put(id, known) }
        }
        (base, self.claims) = (replica.relyOnVector(), rebased)
    }
}

/// The sources of which a peer may have another version than a replica.
struct DifferingSources: Sequence, IteratorProtocol {
    fileprivate let vector: PeerVector
    fileprivate let replica: Store
    private var index = 0

    fileprivate init(vector: PeerVector, replica: Store) {
        (self.vector, self.replica) = (vector, replica)
    }

    mutating func next() -> SourceID? {
        let found = vector.next(from: index, in: replica)
        guard found < replica.sources.count else { return nil }
        index = found + 1
        return SourceID(truncatingIfNeeded: found)
    }
}

/// The sources that rest on the base of a `PeerVector`, and the versions of those that do not.
final class PeerClaims: SourceMap {
    /// A bit for each source: whether it rests on the base.
    private var words: [UInt64]

    fileprivate init(resting count: Int) {
        words = [UInt64](repeating: .max, count: count >> 6)
        // Later sources do not rest on it.
        if count & 63 > 0 { words.append(1 << UInt64(truncatingIfNeeded: count & 63) - 1) }
    }

    fileprivate init(copyingBitsOf other: PeerClaims) { words = other.words }

    /// Returns the sources of a block that do not rest on the base, as bits.
    @inline(__always)
    func own(block: Int) -> UInt64 { block < words.count ? ~words[block] : .max }

    @inline(__always)
    func rests(_ id: SourceID) -> Bool { own(block: Int(id) >> 6) >> UInt64(id & 63) & 1 == 0 }

    fileprivate func rest(_ id: SourceID) {
        while words.count <= Int(id) >> 6 { words.append(0) }
        words[Int(id) >> 6] |= 1 << UInt64(id & 63)
        set(id, to: 0)
    }

    fileprivate func put(_ id: SourceID, _ version: Version) {
        if Int(id) >> 6 < words.count { words[Int(id) >> 6] &= ~(1 << UInt64(id & 63)) }
        set(id, to: version)
    }
}
