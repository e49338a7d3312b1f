/// Up to where a peer has covered each source: of a source that it has not named nothing, and otherwise what this replica had
/// covered at a base (see `VectorPast`), or a number of its own.
///
/// Memory: 16 bytes if the peer has nothing, or is what this replica was at the base. Otherwise a bit for each source up to the
/// highest that rests on the base, and 13 to 15 bytes for each named one that does not.
struct PeerVector {
    /// 0: no source rests on it.
    private(set) var base: UInt64 = 0
    /// nil: all rest on the base.
    private var claims: PeerClaims?

    /// So many claims are kept as they are before a base is looked for.
    private static var fewClaims: Int { 16 }

    init() {}

    /// What the replica is now.
    init(of replica: Store) { base = replica.relyOnVector() }

    var isEmpty: Bool { base == 0 && claims == nil }
    /// How many numbers of its own it has.
    var count: Int { claims?.count ?? 0 }

    @inline(never)
    @_optimize(speed)
    func covered(_ id: SourceID, in replica: Store) -> Version {
        guard let claims else { return base == 0 ? 0 : replica.covered(id, at: base) }
        return claims.rests(id) ? replica.covered(id, at: base) : claims[id]
    }

    /// Raises a number of its own. False if there is none.
    @inline(__always)
    func raise(_ id: SourceID, to version: Version) -> Bool { claims?.raise(id, to: version) ?? false }

    @inline(never)
    mutating func set(_ id: SourceID, to version: Version, in replica: Store) {
        let claims = self.claims ?? PeerClaims(resting: base == 0 ? 0 : replica.sources.count)
        self.claims = claims
        if base == 0, claims.count >= Self.fewClaims { base = replica.relyOnVector() }
        if base > 0, replica.covered(id, at: base) == version { return claims.rest(id) }
        // What has changed since the base may have made all these numbers.
        if claims.isFull, base <= replica.revision, claims.count * 8 >= replica.sources.count {
            rebase(in: replica)
            if base > replica.revision { return set(id, to: version, in: replica) }
        }
        claims.put(id, version)
    }

    /// The number of a source will be another's: nothing is known of that.
    mutating func remove(_ id: SourceID) { claims?.set(id, to: 0) }

    /// The first source from a number on of which the replica may have covered or hold something else; or how many there are. O(sources
    /// passed / 64).
    func next(from first: Int, in replica: Store) -> Int {
        base == 0
            ? min(first, replica.sources.count)
            : replica.nextChange(since: base, from: first, restingOn: claims)
    }

    /// All of them, by number.
    func differing(from replica: Store) -> DifferingSources { DifferingSources(vector: self, replica: replica) }

    /// Whether more of a source is covered than the replica has. O(numbers of its own).
    func coversMore(than replica: Store) -> Bool {
        guard let claims else { return false }
        for index in 0..<claims.places {
            let (id, version) = claims.entry(at: index)
            if version > 0, version > replica.sources[id].covered { return true }
        }
        return false
    }

    /// Rests on what the replica is now, unless that takes more numbers of its own than it has, or than `most`. O(sources that
    /// differ).
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

/// The sources of which a peer may have something else than a replica.
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

/// Which sources rest on the base of a `PeerVector`, and the numbers of those that do not.
final class PeerClaims: SourceMap {
    /// Bits by source: those that rest on the base.
    private var words: [UInt64]

    fileprivate init(resting count: Int) {
        words = [UInt64](repeating: .max, count: count >> 6)
        // Sources that come later do not.
        if count & 63 > 0 { words.append(1 << UInt64(truncatingIfNeeded: count & 63) - 1) }
    }

    fileprivate init(copyingBitsOf other: PeerClaims) { words = other.words }

    /// The sources of a block that do not rest on the base, as bits.
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
