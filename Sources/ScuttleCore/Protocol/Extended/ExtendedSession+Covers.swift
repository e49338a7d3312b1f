/// Covers of log deltas from the peer: the updates before them count.
extension ExtendedSession {
    /// Applies a cover: its intervals that continue this replica's vector cover the updates since the latest cover.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`, `.identity`, which ends the link, `.unasked`, `.readOnly`, and
    ///   the error that ended the link.
    @_optimize(speed)
    func receive(_ cover: Cover) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a peer sent a cover on a read-only link") }
        guard !incoming.isDropped else { return }
        guard let head = incoming.head, head.mode.hasCovers else {
            throw Failure(.unasked, "a cover belongs to no log delta")
        }
        for claim in cover.claims { try replica.checkJump(to: claim.covered) }
        let sources = try sources(of: cover.claims)
        guard incoming.matchesCheck(cover.check) || replica.configuration.disabledRules.contains(.check) else {
            // A line was lost, repeated, swapped or altered: none of the updates counts.
            incoming.pending.close()
            return requestAgain()
        }
        incoming.pending.dropClosed()
        let order = cover.claims.count > Self.fewClaims ? incoming.pending.ascending() : nil
        for case (let id?, let claim) in zip(sources.ids, cover.claims) {
            let source = replica.sources[id]
            guard !incoming.excludes(id) else { continue }
            peer.note(id, covered: claim.covered, in: replica)
            let until = checked(claim.covered, of: id)
            guard until > source.covered else { continue }
            guard claim.since <= source.covered || replica.configuration.disabledRules.contains(.covers) else {
                requestAgain()
                continue
            }
            var entries = 0
            if let order {
                order.forEach(of: id, above: source.covered, upTo: until) { entries += Int($0.value) }
            } else {
                var last = source.covered
                for record in incoming.pending.records
                where record.source == id && record.version > last && record.version <= until {
                    last = record.version
                    if record.isEntry { entries += 1 }
                }
            }
            replica.cover(id, upTo: until, remembering: entries)
            // This replica has the winner of the omitted update. A peer to which it forwards the log may not.
            if claim.leftOut > source.floor { replica.bypassHistory(source, upTo: min(claim.leftOut, until)) }
            if incoming.pending.hasLost { replica.bypassHistory(source, upTo: until) }
        }
        for record in incoming.pending.records {
            let source = replica.sources[record.source]
            let counts = record.version <= source.covered || replica.configuration.disabledRules.contains(.ownCover)
            guard counts, record.version > source.reach else { continue }
            echoes += 1
            replica.appendToHistory(record)
        }
        incoming.pending.close()
        if replica.refused != nil { noteUnsentRefusals() }
        replica.purgeSurplusTombstones()
        try checkCapacity(sources)
    }

    /// The maximum number of claims for which each searches all pending updates.
    private static var fewClaims: Int { 4 }
}
