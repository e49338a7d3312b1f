/// What others rely on of what the version vector was: see `VectorPast`.
extension Store {
    /// The base of the vector as it is.
    func relyOnVector() -> UInt64 { past.keep(from: revision) }

    /// Up to where a source was covered at a base.
    @inline(__always)
    func covered(_ id: SourceID, at base: UInt64) -> Version {
        let source = sources[id]
        return source.changedAt < base ? source.covered : past.covered(source, at: base)
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
        let (oldest, links) = basesInUse()
        past.shorten(to: oldest, in: sources)
        // As many as all links can need; what is between their bases may be more than that.
        let needed = min(sources.count * links, Store.maxPast)
        let most = 2 * needed + 4 * sources.count + links + Store.fewPast
        if past.count > most / 2 {
            let base = past.middle
            leaveBases(before: base)
            past.shorten(to: base, in: sources)
        }
        pastLimit = min(most, 2 * past.count + links + Store.fewPast)
    }

    /// So many entries are few; and no more than twice these, and some for each source, are kept.
    private static var fewPast: Int { 64 }
    private static var maxPast: Int { 1 << 19 }
}
