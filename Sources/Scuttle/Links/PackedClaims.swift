/// What a peer without a link has said of its vector: only the sources of which it has said something, by number.
///
/// Memory: 24 bytes for each of those, whatever their numbers.
struct PackedClaims {
    private typealias Claim = (source: SourceID, covered: Version, purged: Version)
    private var claims: [Claim] = []

    var count: Int { claims.count }

    /// Sources ascend.
    mutating func append(_ source: SourceID, covered: Version, purged: Version) {
        claims.append((source, covered, purged))
    }

    func forEach(_ visit: (SourceID, Version, Version) -> Void) {
        for claim in claims { visit(claim.source, claim.covered, claim.purged) }
    }

    func covered(_ source: SourceID) -> Version {
        let place = place(of: source)
        return holds(source, at: place) ? claims[place].covered : 0
    }

    mutating func note(_ source: SourceID, covered: Version, purged: Version) {
        let place = place(of: source)
        if holds(source, at: place) {
            claims[place].covered = max(claims[place].covered, covered)
            claims[place].purged = max(claims[place].purged, purged)
        } else {
            claims.insert((source, covered, purged), at: place)
        }
    }

    /// The number may be given to another source.
    mutating func forget(_ source: SourceID) {
        let place = place(of: source)
        if holds(source, at: place) { claims.remove(at: place) }
    }

    private func holds(_ source: SourceID, at place: Int) -> Bool {
        place < claims.count && claims[place].source == source
    }

    private func place(of source: SourceID) -> Int {
        claims.indices.partition { claims[$0].source >= source }
    }
}
