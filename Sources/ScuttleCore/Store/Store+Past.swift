/// The bases of the version vector: see `VectorPast`.
extension Store {
    /// Returns a base for the present vector.
    func relyOnVector() -> UInt64 { past.keep(from: revision) }

    /// Returns the version up to which a source was covered at a base.
    @inline(__always)
    func covered(_ id: SourceID, at base: UInt64) -> Version {
        let source = sources[id]
        return source.changedAt < base ? source.covered : past.covered(source, at: base)
    }

    /// Drops the entries of the vector's past that no base needs. If too many remain, the peers whose base is older than half of
    /// them get a new base, if that costs little; otherwise the replica drops what it knows of them, because knowing less of a
    /// peer is never wrong. O(1) in most calls, and O(links) amortised over as many changes.
    func shortenPast() {
        guard past.count > pastLimit else { return }
        shortenPastNow()
    }

    @inline(never)
    private func shortenPastNow() {
        let (oldest, links) = basesInUse()
        past.shorten(to: oldest, in: sources)
        // All links can need so many. The entries between their bases may be more.
        let needed = min(sources.count * links, Store.maxPast)
        let limit = 2 * needed + 4 * sources.count + links + Store.fewPast
        if past.count > limit / 2 {
            let base = past.middle
            leaveBases(before: base)
            past.shorten(to: base, in: sources)
        }
        pastLimit = min(limit, 2 * past.count + links + Store.fewPast)
    }

    /// The number of entries that is always kept, and half of the number that is never exceeded, but for some entries a source.
    private static var fewPast: Int { 64 }
    private static var maxPast: Int { 1 << 19 }
}
