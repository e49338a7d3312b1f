/// Answers that come in: updates, the covers that make them count, and commits.
extension Link {
    /// - Throws: what ended the link.
    public func receive(_ head: AnswerHead) throws(Failure) {
        guard try speaksExtended() else { return }
        hearing.begin(head)
        if head.pauses { errands.wantsRest = true }
    }

    /// - Throws: as `Replica.take`; `.readOnly`; `.message` for an update that belongs to no answer. An identity that clashes
    ///   ends the link.
    func hear(_ update: IncomingUpdate) throws(Failure) {
        guard !options.contains(.readOnly) else {
            throw Failure(.readOnly, "an update came in on a read-only link")
        }
        guard let head = hearing.head else { throw Failure(.message, "an update that belongs to no answer") }
        hearing.noteUpdate()
        do throws(Failure) {
            guard try !isRefusedAsStale(update, head) else { return }
            switch try replica.take(update) {
            case .old: break
            case .news(let record) where head.mode == .log: hearing.hold(record)
            case .news(let record):
                if replica.configuration.mistakes.contains(.commit) {
                    replica.cover(record.source, upTo: record.version)
                    replica.sources[record.source].raiseFloor(to: record.version)
                }
                record.release()
            }
        } catch {
            // The answer does not vouch for what was refused.
            if let id = replica.sources.find(update.source) { hearing.exclude(id) } else { hearing.excludesAll = true }
            throw ending(error)
        }
        if head.mode == .reset { noteKept(update) }
    }

    /// An answer to a question from before something was forgotten here: what that might have beaten is not taken, and asked
    /// for anew.
    private func isRefusedAsStale(_ update: IncomingUpdate, _ head: AnswerHead) throws(Failure) -> Bool {
        guard head.epoch != replica.epoch || head.life != replica.life, update.version <= replica.highestPurged,
            !replica.configuration.mistakes.contains(.epoch)
        else { return false }
        let known = replica.sources.recall(update.source)
        try replica.check(update, from: known)
        try replica.checkIdentity(of: known, claims: update.version)
        let id = try replica.sourceID(for: update.source)
        guard update.version > replica.sources[id].covered else { return false }
        hearing.exclude(id)
        askAgain()
        return true
    }

    private func noteKept(_ update: IncomingUpdate) {
        guard let key = replica.keys.find(update.key), let entry = replica.keys[key] else { return }
        let isSame = entry.version == update.version && replica.sources[entry.source].id.equals(update.source)
        // A late datagram of the same answer may still have what the peer had before.
        if isSame { hearing.keep(key, entry.arrival) } else if hearing.kept(key) == 0 { hearing.keep(key, .max) }
    }

    // MARK: Log

    /// Intervals that join on to what is covered here make the updates of the batch count.
    /// - Throws: `.id`, `.nul`, `.version`, `.versionJump`, `.sources`, `.identity`, which ends the link, `.message`, and what
    ///   ended the link.
    public func receive(_ cover: [CoveredInterval]) throws(Failure) {
        guard try speaksExtended() else { return }
        guard !options.contains(.readOnly) else { throw Failure(.readOnly, "a cover came in on a read-only link") }
        guard let head = hearing.head, head.mode == .log else {
            throw Failure(.message, "a cover that belongs to no log")
        }
        // What was left out, since the one that asked had it, another life may not have.
        guard head.life == replica.life else { return }
        let claims = cover.map { SourceClaim(source: $0.source, covered: $0.until, purged: 0) }
        let ids = try sources(of: claims)
        for case (let id?, let interval) in zip(ids, cover) {
            let source = replica.sources[id]
            guard !hearing.excludes(id) else { continue }
            peer.note(id, covered: interval.until)
            guard interval.until > source.covered else { continue }
            guard interval.since <= source.covered || replica.configuration.mistakes.contains(.covers) else {
                askAgain()
                continue
            }
            let entries = hearing.pending.reduce(0) {
                $0
                    + ($1.source == id && $1.isEntry && $1.version > source.covered && $1.version <= interval.until
                        ? 1 : 0)
            }
            replica.cover(id, upTo: interval.until, remembering: entries)
            // What beats it is here, and may not be with whom this replica tells of it next.
            if interval.leftOut > source.floor { replica.leaveOut(source, upTo: interval.leftOut) }
            if hearing.hasLostPending { replica.leaveOut(source, upTo: interval.until) }
        }
        for record in hearing.pending {
            let source = replica.sources[record.source]
            let counts = record.version <= source.covered || replica.configuration.mistakes.contains(.ownCover)
            if counts, record.version > source.reach { replica.remember(record) }
        }
        hearing.closePending()
        replica.forgetSurplusTombstones()
        try checkRoom(ids)
    }

    // MARK: State and reset

    /// With the last part of its commit an answer is whole, and its sender's clock is this replica's too.
    /// - Throws: as for a cover.
    public func receive(_ part: CommitPart) throws(Failure) {
        guard try speaksExtended() else { return }
        guard !options.contains(.readOnly) else { throw Failure(.readOnly, "a commit came in on a read-only link") }
        let ids = try sources(
            of: part.claims.map { SourceClaim(source: $0.source, covered: $0.covered, purged: $0.purged) })
        guard let head = hearing.answer, head.answer == part.answer else { return }
        guard hearing.take(part, ids, isDatagram: isDatagram) else {
            if part.isLast { errands.wantsRest = true }
            return try checkRoom(ids)
        }
        defer { hearing.endAnswer() }
        // Another life asked, which knew other things.
        guard head.life == replica.life else { return askAgain() }
        let epoch = replica.epoch
        if head.mode == .reset {
            guard head.epoch == epoch || replica.configuration.mistakes.contains(.epoch) else {
                return askAgain()
            }
            guard reset() else { return askAgain() }
        }
        var isForgetting = false
        for claim in hearing.claims where !hearing.excludes(claim.source) {
            let source = replica.sources[claim.source]
            if head.mode == .reset, claim.purged <= claim.covered, replica.notePurged(source, claim.purged) {
                isForgetting = true
            }
            peer.note(claim.source, covered: claim.covered)
            guard claim.covered > source.covered else { continue }
            // What the sender took this replica to have was left out.
            guard head.mode == .reset || claim.since <= source.covered else {
                askAgain()
                continue
            }
            replica.cover(claim.source, upTo: claim.covered)
            replica.leaveOut(source, upTo: claim.covered)
        }
        if isForgetting, replica.epoch == epoch { replica.epoch += 1 }
        replica.forgetSurplusTombstones()
        try checkRoom(ids)
    }

    /// What the sender of a whole reset has covered and has no more goes here too. False where something went that the sender
    /// has something else for: that has to be asked for before the clock may move.
    private func reset() -> Bool {
        var clock = PeerClock()
        for claim in hearing.claims where !hearing.excludes(claim.source) {
            clock.note(claim.source, covered: claim.covered, purged: claim.purged)
        }
        replica.restamp(against: clock)
        var gone: [(key: KeyID, record: Record)] = []
        var isWhole = true
        replica.keys.forEach { key, record in
            let kept = hearing.kept(key)
            guard record.version <= clock.covered(record.source), kept != record.arrival,
                !replica.configuration.mistakes.contains(.removal)
            else { return true }
            if kept != 0 { isWhole = false }
            record.retain()
            gone.append((key, record))
            return true
        }
        for (key, record) in gone {
            // A delete that was written for another may have made it one tombstone too many.
            if replica.keys.isEntry(of: key, record.source, record.version) {
                replica.takeAway(key, record, isDeletedThere: hearing.kept(key) == 0)
            }
            record.release()
        }
        // Where nothing went, nothing that is on its way to others has changed: two that reset each other come to rest.
        if !gone.isEmpty {
            replica.epoch += 1
            replica.newestPurgedArrival = replica.arrivals.skipStamp()
        }
        return isWhole
    }
}

extension Replica {
    /// An entry goes, since others have deleted it and forgotten so. A classic peer that may have it has to be told in a way
    /// that it knows: by a new delete, which goes to all.
    fileprivate func takeAway(_ key: KeyID, _ record: Record, isDeletedThere: Bool) {
        if hasMetClassic, isDeletedThere, version < .highest {
            if !record.isDelete { write(record.key, Bytes("null"), .delete) }
            return
        }
        remove(key, record)
        if !record.isDelete { tellRemoved(record) }
    }

    /// A key that held a value holds none any more, though nobody has deleted it now.
    private func tellRemoved(_ record: Record) {
        configuration.onUpdate?(
            Update(
                key: record.key, value: Bytes("null"), source: sources[record.source].id, version: record.version,
                kind: .reset, isLocal: false))
    }
}
