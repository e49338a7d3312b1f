/// The walk over the sources that may differ from a peer's.
extension Store {
    /// Returns the first source from an id on that has changed since a base, does not rest on it, or has entries that
    /// are out of order; the number of sources if there is none. O(sources passed / 64).
    /// - Parameter isBase: the base is relied on; otherwise it may be any revision.
    @inline(never)
    func nextChange(since base: UInt64, from first: Int, restingOn claims: PeerClaims? = nil, isBase: Bool = true)
        -> Int
    {
        let count = sources.count
        var index = first
        while index < count {
            let own = claims?.own(block: index >> 6) ?? 0
            if own == 0, !past.hasChanged(block: index >> 6, since: base) {
                let isUniform = isBase && claims == nil && outOfOrderCount == 0
                let passed = isUniform && !past.hasChanged(district: index >> 12, since: base) ? 12 : 6
                index = (index >> passed + 1) << passed
                continue
            }
            let source = sources[SourceID(truncatingIfNeeded: index)]
            if own >> UInt64(truncatingIfNeeded: index & 63) & 1 == 1 || source.changedAt >= base
                || source.outOfOrderCount > 0
            {
                return index
            }
            index += 1
        }
        return count
    }
}
