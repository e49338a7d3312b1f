/// The sources that a peer makes claims of: each is checked, and becomes known here if the claim says something new.
extension ExtendedSession {
    /// The numbers of the sources that a peer makes claims of; nil for those of which nothing is claimed here.
    struct ClaimedSources {
        var ids: [SourceID?] = []
        /// There was no room for some.
        var exceedsCapacity = false
    }

    /// Says so where a peer has named sources that there is no room for; the others have been taken.
    func checkCapacity(_ sources: ClaimedSources) throws(Failure) {
        guard sources.exceedsCapacity else { return }
        if replica.isBounded { try replica.checkRoomForSource() }
        throw Failure(
            .sources, "a peer names more sources than max_sources, \(replica.configuration.limits.sources)")
    }

    /// The numbers of the sources that a peer makes claims of, all checked before anything changes but that new ones get
    /// a number. A source that has ended stays what it is where the claim says nothing new of it.
    func sources(of claims: [SourceClaim]) throws(Failure) -> ClaimedSources {
        var sources = ClaimedSources()
        for claim in claims {
            try Limits.check(clockOf: claim.source, at: claim.covered)
            guard claim.purged <= .highest else { throw Failure(.version, "a purged version is not in 0 ... 2^53-1") }
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

    /// Whether a claim makes a source known that is not.
    private func saysMore(_ claim: SourceClaim) -> Bool {
        !isReadOnly && claim.covered | claim.purged > 0 && !replica.isRetired(claim)
    }

    /// Ends the link where the peer knows more of this replica's source than it has issued.
    func check(_ source: SourceID?, claims version: Version) throws(Failure) {
        do throws(Failure) {
            try replica.checkIdentity(of: source, claims: version)
        } catch {
            throw ending(error)
        }
    }
}
