/// The one way of an update into the map, and of an entry out of it: key table, version index, arrivals, tombstones and the
/// hash of what is ahead change here, together.
extension Replica {
    /// A record that the caller owns. O(bytes).
    func record(_ key: Bytes, _ value: Bytes, _ source: SourceID, _ version: Version, _ kind: Update.Kind) -> Record {
        if !pool.isOpen, keys.idLimit >= configuration.fewKeys { pool.open() }
        return Record(key: key, value: value, source: source, version: version, kind: kind, in: pool)
    }

    /// Lets the resolver decide between a record and its key's entry; returns the key where the record became the entry.
    /// The key table takes a reference of its own.
    @discardableResult
    func enter(_ record: Record, _ hash: UInt64) -> KeyID? {
        guard let (key, loser) = resolve(record, hash) else { return nil }
        settled &+= 1
        if let loser { retire(loser) }
        enlist(record, key)
        configuration.onUpdate?(update(of: record))
        return key
    }

    /// Lets the winner stand in the key table; where the record did, the one that it replaced is the caller's.
    func resolve(_ record: Record, _ hash: UInt64) -> (key: KeyID, loser: Record?)? {
        let known = keys.find(record.key, hash)
        let current = known.flatMap { keys[$0] }
        guard configuration.resolver.prefers(record, to: current, { update(of: $0) }) else { return nil }
        record.retain()
        guard let known, let current else { return (keys.insert(record, hash), nil) }
        keys.replace(known, current, with: record)
        return (known, current)
    }

    /// The record is the entry of a key: the indices learn of it.
    func enlist(_ record: Record, _ key: KeyID) {
        let source = sources[record.source]
        source.entries.insert(record.version, key)
        arrivals.append(record, key)
        if record.version > source.covered {
            source.aheadCount += 1
            aheadCount += 1
            noteAhead(source, record.version, 1)
        }
        if record.isDelete { noteTombstone(record, key) }
    }

    /// Takes an entry out, and leaves nothing in its place.
    func remove(_ key: KeyID, _ record: Record) {
        settled &+= 1
        keys.remove(key, record)
        retire(record)
        order.noteRemoval(from: &keys)
    }

    /// The record is no entry any more; lets go of it.
    private func retire(_ record: Record) {
        let source = sources[record.source]
        source.entries.retire(of: record.source, keys)
        arrivals.retire(keys)
        newestBroadcast.noteRetired(record.arrival)
        if record.version > source.covered {
            source.aheadCount -= 1
            aheadCount -= 1
            noteAhead(source, record.version, -1)
        }
        record.release()
    }

    private func noteAhead(_ source: Source, _ version: Version, _ change: Int) {
        guard !configuration.mistakes.contains(.ahead) else { return }
        if change > 0 { clockHash.addAhead(source, version) } else { clockHash.removeAhead(source, version) }
    }

    /// Brings a covered update into the history.
    func remember(_ record: Record) {
        if let onCompaction = configuration.onCompaction, let doomed = history.doomed {
            onCompaction(update(of: doomed))
        }
        history.remember(record, of: sources[record.source], in: sources)
    }

    /// The clock's entry of a source rises: all its updates up to `version` are accounted for.
    func cover(_ source: Source, upTo version: Version) {
        let before = source.covered
        guard version > before else { return }
        revision += 1
        source.changedAt = revision
        clockHash.change(source, from: before, to: version)
        source.covered = version
        source.isForgotten = false
        self.version = max(self.version, version)
    }

    /// The same for a source of which some entries may be ahead of the clock: those that are covered now, and that the
    /// caller is not about to bring into the history, have to be left to answers from the state.
    func cover(_ id: SourceID, upTo version: Version, remembering count: Int = 0) {
        let source = sources[id]
        let before = source.covered
        guard version > before else { return }
        if source.aheadCount > 0 {
            var passed = 0
            source.entries.forEachLive(above: before, upTo: version, of: id, keys) { _, version in
                passed += 1
                noteAhead(source, version, -1)
            }
            source.aheadCount -= passed
            aheadCount -= passed
            tolerableTombstones = configuration.maxTombstones
            if passed > count { leaveOut(source, upTo: version) }
        }
        cover(source, upTo: version)
    }

    /// Updates of a source up to a version, which are covered now, are not in the history.
    func leaveOut(_ source: Source, upTo version: Version) {
        source.raiseFloor(to: version)
        detours += 1
    }
}
