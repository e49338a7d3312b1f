/// A walk over the sources of which a peer may have something else.
extension Store {
    /// The first source from a number on that has changed since a base, does not rest on it, or has entries that are out of order;
    /// or how many there are.
    /// O(sources passed / 64).
    /// - Parameter isBase: somebody relies on it; otherwise it may be any revision.
    @inline(never)
    func nextChange(since base: UInt64, from first: Int, restingOn claims: PeerClaims? = nil, isBase: Bool = true)
        -> Int
    {
        let count = sources.count
        var place = first
        while place < count {
            let own = claims?.own(block: place >> 6) ?? 0
            if own == 0, !past.hasChanged(block: place >> 6, since: base) {
                let isUniform = isBase && claims == nil && outOfOrderCount == 0
                let passed = isUniform && !past.hasChanged(district: place >> 12, since: base) ? 12 : 6
                place = (place >> passed + 1) << passed
                continue
            }
            let source = sources[SourceID(truncatingIfNeeded: place)]
            if own >> UInt64(truncatingIfNeeded: place & 63) & 1 == 1 || source.changedAt >= base
                || source.outOfOrderCount > 0
            {
                return place
            }
            place += 1
        }
        return count
    }
}
