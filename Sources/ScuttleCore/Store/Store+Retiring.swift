/// The retirement of names.
///
/// A retirement is a name, a number above all versions seen at the replica that retires it, and a state; the greater pair of
/// number and state stands, and pairs travel with version vectors. Stability waits for a retired name until its retirement is
/// final: until every remaining name has stated that it covers the same of the retired names. A statement is a hash over what a
/// name covers of them; it travels with vectors, too. A replica that finds its own name among the retired sends the state
/// `alive`, and raises its low-water mark above the number. A vector entry at or above the number does not show that the name is
/// alive, because covers and names travel apart.
///
/// The cost is O(names that are not final) for a call that changes an entry or the vector while there are such names, O(names) if
/// the hash is read after that or a statement has changed, and O(1) otherwise.
extension Store {
    /// Retires a name. A replica that retires its own name leaves, and writes no more.
    /// - Returns: false if the name is unknown.
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

    /// Returns whether a name is retired and not alive.
    func isRetired(_ name: NameID) -> Bool {
        let entry = sources.names[name]
        return entry.retirement > 0 && !entry.state.contains(.alive)
    }

    /// Returns whether stability waits for a retired name.
    private func isWaitedFor(_ name: NameID) -> Bool {
        isRetired(name) && !sources.names[name].state.contains(.final)
    }

    /// Returns whether this replica covers or holds an update of a name. Otherwise other replicas may not know the name at all.
    private func isCoveredOrHeld(_ name: NameID) -> Bool {
        let entry = sources.names[name]
        return entry.outOfOrder > 0 || sources[entry.furthest].covered > 0
    }

    /// Applies a retirement, if its pair of number and state is greater than the known one.
    func retire(_ name: NameID, at number: Version, as state: RetirementState) {
        let entry = sources.names[name]
        guard number > 0, (number, state.rawValue) > (entry.retirement, entry.state.rawValue) else { return }
        let waited = isWaitedFor(name)
        sources.names[name].retirement = number
        sources.names[name].state = state
        if name == own.name, !hasLeft {
            // A peer has retired this replica's name.
            sources.names[name].state.insert(.alive)
            version = max(version, number)
            raiseLowWaterMark()
        } else if !hasLeft || name != own.name {
            // A replica that has left raises no low-water mark.
            version = max(version, number)
        }
        noteChange(of: name)
        // The other incarnations of the name have ended before.
        markRetired(sources[entry.furthest])
        let waits = isWaitedFor(name)
        if waits, !waited { retiringNames.append(name) }
        if waited, !waits, let index = retiringNames.firstIndex(of: name) { retiringNames.remove(at: index) }
        stabilityBlocker = nil
    }

    /// Sets the flags of a name's furthest source. O(1).
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

    /// Applies a peer's claim on a name that is known here.
    func merge(_ claim: NameClaim) {
        guard let name = sources.find(name: claim.name), claim.number <= .highest else { return }
        if isNear(claim.number, to: version) { retire(name, at: claim.number, as: claim.state) }
        let statement = NameTable.Statement(sequence: claim.sequence, hash: claim.hash)
        let known = sources.names[name].statement
        // A statement of this replica's own name is an earlier incarnation's: the next statement has to be later.
        let isEarlier = name == own.name && statement.sequence == known.sequence && statement != known
        guard statement.sequence > known.sequence || isEarlier, statement.sequence <= .highest,
            isNear(statement.sequence, to: max(known.sequence, version))
        else { return }
        sources.names[name].statement = statement
        noteChange(of: name)
    }

    /// Returns whether a number is at most `max_version_jump` above a known one. A peer that claims the highest number would
    /// leave none above it.
    private func isNear(_ number: UInt64, to known: UInt64) -> Bool {
        number <= known || version == 0 || number - known <= configuration.limits.versionJump
    }

    /// Makes a source that has risen the furthest of its name, if it is.
    func noteRise(of source: Source) {
        guard !source.isFurthest else { return }
        let before = sources.names[source.name].furthest
        sources.noteRise(of: source)
        if source.isFurthest { markRetired(source) }
        noteIdle(source.isFurthest ? sources[before] : source)
    }

    /// States what this replica covers of the retired names, and makes retirements final if all remaining names have stated the
    /// same.
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

    /// Returns whether a remaining name has not stated a hash.
    private func dissents(_ name: NameID, from hash: UInt64) -> Bool {
        guard sources.names.isName(name), name != own.name else { return false }
        let entry = sources.names[name]
        return sources[entry.furthest].covered > 0 && !isRetired(name) && entry.statement.hash != hash
    }

    /// Returns a hash over retirements that are not final, and over what is covered and held of their sources. Of ended
    /// incarnations some replicas keep only a hash, so only the furthest one's vector entry counts.
    private func coverage(of names: [NameID]) -> UInt64 {
        var hash = VectorHash()
        for name in names {
            hash.addName(FoldHash.hash(ofName: sources.name(of: name)), sources.names[name].retirement, 0)
            let furthest = sources[sources.names[name].furthest]
            hash.change(furthest, from: 0, to: furthest.covered)
        }
        // Of the other incarnations only out-of-order entries count.
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

    /// The hash of the version vector, of out-of-order entries, of exceptions, and of retirements and statements while some are
    /// not final. O(names) then, if an entry or the vector has changed, and O(1) otherwise.
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
            // No replica needs the statement of a name whose retirement is final, and some replicas know only the hash of its
            // source.
            guard !sources[entry.furthest].isFinal else { continue }
            if entry.statement.sequence > 0 { hash.addName(mark, entry.statement.sequence, entry.statement.hash) }
        }
        return hash
    }

    // MARK: By time

    /// Retires the names whose sources have not risen for `Configuration.retireAfter`. A tick counts for an eighth of that time
    /// at most, so that a host that was suspended does not retire all names.
    func retireSilent(after elapsed: UInt64) {
        let patience = configuration.retireAfter
        guard patience > 0, !hasLeft else { return }
        let eighth = max(patience / 8, 1)
        silenceClock &+= min(elapsed, eighth)
        guard silenceClock &- silenceCheckedAt >= eighth else { return }
        silenceCheckedAt = silenceClock
        // A replica that retires others by time has to rise itself, even if no host writes.
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
