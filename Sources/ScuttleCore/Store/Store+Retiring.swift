/// Names that will not be back.
///
/// A retirement is a name, a number above all versions seen where the name was retired, and a state; the greater pair of number
/// and state stands, and pairs travel with version vectors. Stability waits for a retired name until its retirement is final:
/// until every name that is left has said that it covers the same of the retired names. Each says so by a statement, a hash over
/// what it covers of them, which travels with vectors, too. A replica that meets its own name among the retired says that it is
/// alive, and promises past the number. That its vector entry reaches the number is no sign of life: covers and names travel apart.
///
/// What is done here costs O(names that are not final) for a call that changes something while there are some, O(names) if the
/// hash is asked for after it, or if one has said what another one waits for, and nothing otherwise.
extension Store {
    /// Says that a name will not be back. One's own name: this replica leaves, and writes nothing any more.
    /// - Returns: false where the name is unknown.
    public func retireName(_ name: Bytes) -> Bool {
        guard let id = sources.find(name: name), version < .highest else { return false }
        if id == own.name {
            raiseLowWaterMark()
            hasLeft = true
        }
        retire(id, at: version + 1, as: .pending)
        finishCall()
        return true
    }

    /// Whether a name is retired, and has not come back.
    func isRetired(_ name: NameID) -> Bool {
        let entry = sources.names[name]
        return entry.retirement > 0 && !entry.state.contains(.alive)
    }

    /// Whether a name is retired, and not all that are left have said that they cover the same of it.
    private func isWaitedFor(_ name: NameID) -> Bool {
        isRetired(name) && !sources.names[name].state.contains(.final)
    }

    /// Whether something of a name is covered or held here. Otherwise other replicas may not know the name at all.
    private func isCoveredOrHeld(_ name: NameID) -> Bool {
        let entry = sources.names[name]
        return entry.outOfOrder > 0 || sources[entry.furthest].covered > 0
    }

    /// A pair of number and state, where it is greater than what is known.
    func retire(_ name: NameID, at number: Version, as state: RetirementState) {
        let entry = sources.names[name]
        guard number > 0, (number, state.rawValue) > (entry.retirement, entry.state.rawValue) else { return }
        let waited = isWaitedFor(name)
        sources.names[name].retirement = number
        sources.names[name].state = state
        if name == own.name, !hasLeft {
            // Somebody thinks that this replica is gone.
            sources.names[name].state.insert(.alive)
            version = max(version, number)
            raiseLowWaterMark()
        } else if !hasLeft || name != own.name {
            // A replica that has left promises nothing.
            version = max(version, number)
        }
        noteChange(of: name)
        // The others of the name end with any further one.
        markRetired(sources[entry.furthest])
        let waits = isWaitedFor(name)
        if waits, !waited { retiringNames.append(name) }
        if waited, !waits, let place = retiringNames.firstIndex(of: name) { retiringNames.remove(at: place) }
        stabilityBlocker = nil
    }

    /// The furthest source of a name is marked as the name is. O(1).
    func markRetired(_ source: Source) {
        source.flags.subtract([.retired, .final])
        guard sources.names[source.name].retirement > 0, isRetired(source.name) else { return }
        source.flags.insert(.retired)
        guard sources.names[source.name].state.contains(.final) else { return }
        source.flags.insert(.final)
        noteIdle(source)
    }

    private func noteChange(of name: NameID) {
        revision += 1
        sources.names[name].changedAt = revision
        sources.names.latestChange = revision
        nameChanges += 1
    }

    /// What a peer says of a name that is known here.
    func merge(_ claim: NameClaim) {
        guard let name = sources.find(name: claim.name), claim.number <= .highest else { return }
        if isNear(claim.number, to: version) { retire(name, at: claim.number, as: claim.state) }
        let statement = NameTable.Statement(sequence: claim.sequence, hash: claim.hash)
        let known = sources.names[name].statement
        // Of this replica's own name it is what an earlier incarnation has said: the next statement has to come after that.
        let isEarlier = name == own.name && statement.sequence == known.sequence && statement != known
        guard statement.sequence > known.sequence || isEarlier, statement.sequence <= .highest,
            isNear(statement.sequence, to: max(known.sequence, version))
        else { return }
        sources.names[name].statement = statement
        noteChange(of: name)
    }

    /// A peer that says the highest number would leave none that is higher.
    private func isNear(_ number: UInt64, to known: UInt64) -> Bool {
        number <= known || version == 0 || number - known <= configuration.limits.versionJump
    }

    /// A source that may not be the furthest of its name has risen.
    func noteRise(of source: Source) {
        guard !source.isFurthest else { return }
        let before = sources.names[source.name].furthest
        sources.noteRise(of: source)
        if source.isFurthest { markRetired(source) }
        noteIdle(source.isFurthest ? sources[before] : source)
    }

    /// States anew what this replica covers of the retired names, and ends the waiting for them once all have said the same.
    func refreshRetirements() {
        guard !retiringNames.isEmpty, refreshedAt != (revision, entryChanges) else { return }
        // A name of which this replica covers and holds nothing holds nothing back.
        let names = retiringNames.filter(isCoveredOrHeld)
        guard !names.isEmpty else { return }
        defer { refreshedAt = (revision, entryChanges) }
        let hash = coverage(of: names)
        let statement = sources.names[own.name].statement
        if statement.hash != hash {
            sources.names[own.name].statement = NameTable.Statement(
                sequence: max(statement.sequence + 1, version), hash: hash)
            noteChange(of: own.name)
        }
        if let name = dissentingName, Int(name) < sources.names.count, dissents(name, from: hash) { return }
        for name in sources.names.ids where dissents(name, from: hash) {
            dissentingName = name
            return
        }
        for name in names { retire(name, at: sources.names[name].retirement, as: .final) }
    }

    /// Whether a name that is left has not said that it covers the same of the retired names.
    private func dissents(_ name: NameID, from hash: UInt64) -> Bool {
        guard sources.names.isName(name), name != own.name else { return false }
        let entry = sources.names[name]
        return sources[entry.furthest].covered > 0 && !isRetired(name) && entry.statement.hash != hash
    }

    /// A hash over the retirements that are not final, and over what is covered and held of their sources. Of ended incarnations
    /// some replicas keep no more than a hash.
    private func coverage(of names: [NameID]) -> UInt64 {
        var hash = VectorHash()
        for name in names {
            hash.addName(FoldHash.hash(ofName: sources.name(of: name)), sources.names[name].retirement, 0)
            let furthest = sources[sources.names[name].furthest]
            hash.change(furthest, from: 0, to: furthest.covered)
        }
        // Of other incarnations only what is out of order counts.
        if names.contains(where: { sources.names[$0].outOfOrder > 0 }) {
            for id in sources.ids where sources[id].outOfOrderCount > 0 && isWaitedFor(sources[id].name) {
                let source = sources[id]
                source.entries.forEachLive(above: source.covered, upTo: .highest, of: id, keys) { _, version in
                    hash.addOutOfOrder(source, version)
                }
            }
        }
        return hash.value
    }

    /// Of the version vector, of what is out of order, and of what is said of names while some are not final. O(names) then, if
    /// something has changed, and O(1) otherwise.
    var vectorHash: UInt64 {
        let tells = retiringNames.contains(where: isCoveredOrHeld)
        guard tells || refused != nil else { return dotHash.value }
        var hash = dotHash
        if let refused { hash.add(refused.hash) }
        guard tells else { return hash.value }
        if namesHash.revision != revision || namesHash.entryChanges != entryChanges {
            namesHash = (revision, entryChanges, hashOfNames)
        }
        hash.add(namesHash.hash)
        return hash.value
    }

    private var hashOfNames: VectorHash {
        var hash = VectorHash()
        for name in sources.names.ids where sources.names.isName(name) && isCoveredOrHeld(name) {
            let entry = sources.names[name]
            guard entry.retirement > 0 || entry.statement.sequence > 0 else { continue }
            let mark = FoldHash.hash(ofName: sources.name(of: name))
            if isWaitedFor(name) { hash.addName(mark, entry.retirement, 1) }
            // Nobody asks what a name says whose retirement is final, and some replicas know only the hash of its source.
            guard !sources[entry.furthest].isFinal else { continue }
            if entry.statement.sequence > 0 { hash.addName(mark, entry.statement.sequence, entry.statement.hash) }
        }
        return hash
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
            raiseLowWaterMark()
        }
        for name in sources.names.ids where sources.names.isName(name) && name != own.name {
            let covered = sources[sources.names[name].furthest].covered
            if covered != sources.names[name].seenVersion {
                sources.names[name].seenVersion = covered
                sources.names[name].seenAt = silenceClock
            } else if silenceClock &- sources.names[name].seenAt >= patience, !isRetired(name), version < .highest {
                retire(name, at: version + 1, as: .pending)
            }
        }
        refreshRetirements()
    }
}
