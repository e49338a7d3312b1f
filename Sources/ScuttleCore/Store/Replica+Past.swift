/// What links rely on of what the version vector was: see `VectorPast`.
extension Replica {
    /// The base of the vector as it is.
    func relyOnVector() -> UInt64 { past.keep(from: revision) }

    /// Up to where a source was covered at a base.
    @inline(__always)
    func covered(_ id: SourceID, at base: UInt64) -> Version {
        let source = sources[id]
        return source.changedAt < base ? source.covered : past.covered(source, at: base)
    }

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
                let isUniform = isBase && claims == nil && aheadCount == 0
                let passed = isUniform && !past.hasChanged(district: place >> 12, since: base) ? 12 : 6
                place = (place >> passed + 1) << passed
                continue
            }
            let source = sources[SourceID(truncatingIfNeeded: place)]
            if own >> UInt64(truncatingIfNeeded: place & 63) & 1 == 1 || source.changedAt >= base
                || source.aheadCount > 0
            {
                return place
            }
            place += 1
        }
        return count
    }

    /// Drops what nobody needs any more of what the vector was. If that leaves too much, the peers whose base is older than half of it
    /// get a new one if that is little; otherwise it is forgotten what they have, since less than the truth is never wrong. O(1) in
    /// most calls, and O(links) amortised over as many changes.
    func shortenPast() {
        guard past.count > pastLimit else { return }
        shortenPastNow()
    }

    @inline(never)
    private func shortenPastNow() {
        var oldest = UInt64.max
        func note(_ both: (UInt64, UInt64)) {
            // 0 is none.
            oldest = min(oldest, both.0 &- 1, both.1 &- 1)
        }
        for link in links {
            if let session = link.extended { note(session.peer.bases) }
            if let classic = link.session.classic { note(classic.bases) }
        }
        for item in peers.items { note(item.peer.bases) }
        past.shorten(to: oldest == .max ? .max : oldest + 1, in: sources)
        // As many as all links can need; what is between their bases may be more than that.
        let needed = min(sources.count * links.count, Self.mostPast)
        let most = 2 * needed + 4 * sources.count + links.count + Self.fewPast
        if past.count > most / 2 {
            let base = past.middle
            for link in links { link.forgetBases(before: base) }
            peers.forgetBases(before: base, in: self)
            past.shorten(to: base, in: sources)
        }
        pastLimit = min(most, 2 * past.count + links.count + Self.fewPast)
    }

    /// So many entries are few; and no more than twice these, and some for each source, are kept.
    private static var fewPast: Int { 64 }
    private static var mostPast: Int { 1 << 19 }
}
