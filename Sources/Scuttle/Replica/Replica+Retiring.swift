/// Names that will not be back.
///
/// A retirement is a name and a number, one above the highest version seen by the replica that retires; pairs merge by the
/// greater and travel with version vectors. The name is retired while no incarnation of it has reached the number. Stability
/// waits for it until it is final: until every name that is left has said that it covers the same of the retired names. Each
/// says so by a statement, a hash over what it covers of them, which travels with vectors, too. A replica that first hears of a
/// retirement whose number it has reached raises the number, so nobody's promise at that time is above the final one.
///
/// What is done here costs O(sources and names) while a retirement is not final, and nothing otherwise.
extension Replica {
    /// Says that a name will not be back. One's own name: this replica leaves, and writes nothing any more.
    /// - Returns: false where the name is unknown.
    public func forget(_ name: Bytes) -> Bool {
        guard let id = sources.find(name: name), version < .highest else { return false }
        if id == own.name {
            renewPromise()
            hasLeft = true
        }
        for source in sources.ids where sources[source].name == id { sources[source].hasMovedOn = false }
        retire(id, at: version + 1)
        refreshRetirements()
        purgeStable()
        return true
    }

    /// Whether a name is retired, and has not come back.
    func isRetired(_ name: NameID) -> Bool {
        let facts = sources.names[name]
        return facts.retirement > 0 && facts.retirement > sources[facts.furthest].covered
    }

    private func retire(_ name: NameID, at number: Version) {
        guard number > sources.names[name].retirement else { return }
        sources.names[name].retirement = number
        sources.names[name].isFinal = false
        // A replica that has left promises nothing.
        version = max(version, number)
        noteChange(of: name)
        if !retiringNames.contains(name) { retiringNames.append(name) }
    }

    private func noteChange(of name: NameID) {
        revision += 1
        sources.names[name].changedAt = revision
    }

    /// What a peer says of a name that is known here.
    func merge(_ claim: NameClaim) {
        guard let name = sources.find(name: claim.name), claim.number <= .highest else { return }
        if claim.number > sources.names[name].retirement, claim.number > 0 {
            guard claim.number <= version || claim.number - version <= configuration.limits.versionJump || version == 0
            else { return }
            if name == own.name, !hasLeft {
                // Somebody thinks that this replica is gone: its promise says otherwise.
                sources.names[name].retirement = claim.number
                version = max(version, claim.number)
                renewPromise()
            } else {
                let isNews = !isRetired(name)
                retire(name, at: isNews && version >= claim.number ? min(version + 1, .highest) : claim.number)
            }
        }
        if claim.isFinal, claim.number >= sources.names[name].retirement, isRetired(name), !sources.names[name].isFinal {
            makeFinal(name)
        }
        let statement = NameTable.Statement(sequence: claim.sequence, hash: claim.hash)
        if statement.sequence > sources.names[name].statement.sequence, name != own.name {
            sources.names[name].statement = statement
            noteChange(of: name)
        }
    }

    /// Nobody waits for a name any more.
    private func makeFinal(_ name: NameID) {
        sources.names[name].isFinal = true
        noteChange(of: name)
        for id in sources.ids where sources[id].name == name {
            sources[id].isRetired = true
            noteIdle(sources[id])
        }
        retiringNames.removeAll { $0 == name }
    }

    /// Somewhere nobody waits for a name any more, and its sources are known by their hashes alone.
    func makeFinalAsElsewhere(_ name: NameID, at number: Version) {
        sources.names[name].retirement = number
        version = max(version, number)
        makeFinal(name)
    }

    /// A source that is not the furthest of its name, or that is retired, has risen.
    func noteRise(of source: Source, from old: Version) {
        if !source.isFurthest {
            let before = sources.names[source.name].furthest
            sources.noteRise(of: source, from: old)
            if before != sources.names[source.name].furthest { noteIdle(sources[before]) }
        }
        guard source.isRetired, !isRetired(source.name) else { return }
        // It is back.
        for id in sources.ids where sources[id].name == source.name { sources[id].isRetired = false }
        sources.names[source.name].isFinal = false
        noteChange(of: source.name)
    }

    /// States anew what this replica covers of the retired names, and ends the waiting for them once all have said the same.
    func refreshRetirements() {
        guard !retiringNames.isEmpty else { return }
        retiringNames.removeAll { !isRetired($0) || sources.names[$0].isFinal }
        guard !retiringNames.isEmpty else { return }
        let hash = coverageOfRetiring
        let statement = sources.names[own.name].statement
        if statement.hash != hash {
            sources.names[own.name].statement = NameTable.Statement(
                sequence: max(statement.sequence + 1, version), hash: hash)
            noteChange(of: own.name)
        }
        for name in sources.names.ids where sources.names.isName(name) && name != own.name {
            let facts = sources.names[name]
            guard sources[facts.furthest].covered > 0, !isRetired(name) else { continue }
            guard facts.statement.hash == hash else { return }
        }
        for name in retiringNames { makeFinal(name) }
        retiringNames = []
        stabilityBlocker = nil
    }

    /// A hash over the retirements that are not final, and over what is covered and held of their sources.
    private var coverageOfRetiring: UInt64 {
        var hash = ClockHash()
        for name in retiringNames {
            hash.addName(FoldHash.hash(sources.name(of: name)), sources.names[name].retirement, 0)
        }
        for id in sources.ids {
            let source = sources[id]
            guard source.covered > 0 || source.aheadCount > 0, retiringNames.contains(source.name) else { continue }
            hash.change(source, from: 0, to: source.covered)
            guard source.aheadCount > 0 else { continue }
            source.entries.forEachLive(above: source.covered, upTo: .highest, of: id, keys) { _, version in
                hash.addAhead(source, version)
            }
        }
        return hash.value
    }

    /// Of the version vector, of what is out of order, and of what is said of names while some are not final.
    var vectorHash: UInt64 {
        guard !retiringNames.isEmpty else { return clockHash.value }
        var hash = clockHash
        for name in sources.names.ids where sources.names.isName(name) {
            let facts = sources.names[name]
            guard facts.retirement > 0 || facts.statement.sequence > 0 else { continue }
            let mark = FoldHash.hash(sources.name(of: name))
            if isRetired(name), !facts.isFinal { hash.addName(mark, facts.retirement, 1) }
            if facts.statement.sequence > 0 { hash.addName(mark, facts.statement.sequence, facts.statement.hash) }
        }
        return hash.value
    }

    // MARK: By time

    /// Names that nobody has heard of for `Configuration.retireAfter` are retired. A tick counts for an eighth of it at most,
    /// so that a host that was suspended does not retire all.
    func retireSilent(after elapsed: UInt64) {
        let patience = configuration.retireAfter
        guard patience > 0, !hasLeft else { return }
        let eighth = max(patience / 8, 1)
        silenceClock &+= min(elapsed, eighth)
        guard silenceClock &- silenceCheckedAt >= eighth else { return }
        silenceCheckedAt = silenceClock
        // Those who retire others by time have to be heard themselves, also where nobody writes.
        if version < .highest {
            version += 1
            renewPromise()
        }
        for name in sources.names.ids where sources.names.isName(name) && name != own.name {
            let covered = sources[sources.names[name].furthest].covered
            if covered != sources.names[name].seen {
                sources.names[name].seen = covered
                sources.names[name].heardAt = silenceClock
            } else if silenceClock &- sources.names[name].heardAt >= patience, !isRetired(name), version < .highest {
                retire(name, at: version + 1)
            }
        }
        refreshRetirements()
    }
}
