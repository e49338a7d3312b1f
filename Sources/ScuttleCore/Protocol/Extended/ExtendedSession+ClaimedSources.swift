/// The sources of a peer's claims: each is checked, and gets an id here if the claim is new.
extension ExtendedSession {
    /// The ids of claimed sources; nil for a source of which nothing is claimed here.
    struct ClaimedSources {
        var ids: [SourceID?] = []
        /// Whether `max_sources` kept some from an id.
        var exceedsCapacity = false
    }

    /// Throws if `max_sources` kept a claimed source from an id. The claims of the others were applied.
    /// - Throws: `.sources`.
    func checkCapacity(_ sources: ClaimedSources) throws(Failure) {
        guard sources.exceedsCapacity else { return }
        if replica.isBounded { try replica.checkRoomForSource() }
        throw Failure(
            .sources, "a peer names more sources than max_sources, \(replica.configuration.limits.sources)")
    }

    /// Returns the ids of claimed sources. All are checked before anything changes, except that new sources get ids. A
    /// retired source stays retired if the claim is not new.
    /// - Throws: `.id`, `.nul`, `.version`, `.identity`, which ends the link.
    func sources(of claims: [SourceClaim]) throws(Failure) -> ClaimedSources {
        var sources = ClaimedSources()
        for claim in claims {
            try Limits.check(clockOf: claim.source, at: claim.covered)
            guard claim.purged <= .highest else { throw Failure(.version, "a GC version is above 2^53-1") }
            let id = replica.sources.find(claim.source)
            try check(id, claims: max(claim.covered, claim.purged))
            sources.ids.append(id)
        }
        for (index, claim) in claims.enumerated() where sources.ids[index] == nil && saysMore(claim) {
            sources.ids[index] = try? replica.sourceID(for: claim.source)
            if sources.ids[index] == nil { sources.exceedsCapacity = true }
        }
        return sources
    }

    /// Whether a claim is about a source without an id, and new.
    private func saysMore(_ claim: SourceClaim) -> Bool {
        !isReadOnly && claim.covered | claim.purged > 0 && !replica.isRetired(claim)
    }

    /// Ends the link if the peer claims more of this replica's source than it has issued.
    /// - Throws: `.identity`.
    func check(_ source: SourceID?, claims version: Version) throws(Failure) {
        do throws(Failure) {
            try replica.checkIdentity(of: source, claims: version)
        } catch {
            throw ending(error)
        }
    }
}
