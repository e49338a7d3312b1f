/// The one way of an update into the map, and of an entry out of it: key table, version index, arrivals, tombstones and the
/// hash of what is ahead change here, together.
extension Store {
    /// A record that the caller owns. O(bytes).
    @inline(__always)
    func record(_ key: Bytes, _ value: Bytes, _ dot: Dot, _ kind: Update.Kind) -> Record {
        if !pool.isOpen, keys.idLimit >= configuration.fewKeys { pool.open() }
        return Record(key: key, value: value, source: dot.source, version: dot.version, kind: kind, in: pool)
    }

    /// The same with a timestamp that is not the dot, a time to live, or neither.
    @inline(never)
    func record(
        _ key: Bytes, _ value: Bytes, _ dot: Dot, _ kind: Update.Kind, _ timestamp: Timestamp?, _ lease: Lease?
    ) -> Record {
        guard let tail = Record.Tail(timestamp: timestamp, lease: lease) else { return record(key, value, dot, kind) }
        if !pool.isOpen, keys.idLimit >= configuration.fewKeys { pool.open() }
        return Record(
            key: key, value: value, source: dot.source, version: dot.version, kind: kind, tail: tail, in: pool)
    }

    /// Lets the resolver decide between a record and its key's entry; returns the key where the record became the entry.
    /// The key table takes a reference of its own.
    /// - Parameter known: the key's id, where it has an entry.
    @discardableResult
    @_optimize(speed)
    func enter(_ record: Record, _ known: KeyID?, _ hash: UInt64) -> KeyID? {
        guard let resolution = resolve(record, known, hash) else { return nil }
        entryChanges &+= 1
        if let loser = resolution.loser { retire(loser) }
        enlist(record, resolution.key)
        if refused != nil { settleExceptions(of: hash, by: record.timestamp, record.dot) }
        if !resolution.isCopy { configuration.onUpdate?(update(of: record)) }
        return resolution.key
    }

    /// What became of a record that stands now.
    struct Resolution {
        let key: KeyID
        /// The entry that it replaced, which is the caller's.
        let loser: Record?
        /// Whether that was the same write under an older dot.
        let isCopy: Bool
    }

    /// Lets the winner stand in the key table; nil where that is the present entry.
    @inline(__always)
    func resolve(_ record: Record, _ known: KeyID?, _ hash: UInt64) -> Resolution? {
        guard let known, let current = keys[known] else {
            guard configuration.resolver.accepts(record, { update(of: $0) }) else { return nil }
            record.retain()
            return Resolution(key: keys.insert(record, hash), loser: nil, isCopy: false)
        }
        if case .lastWriter = configuration.resolver, inversions.isEmpty, !record.isRepublished, !current.isRepublished,
            record.version != current.version
        {
            // Two writes that were never republished, as nearly all are: their dots say which is the later one.
            guard record.version > current.version else { return nil }
            record.retain()
            keys.replace(known, current, with: record)
            return Resolution(key: known, loser: current, isCopy: false)
        }
        return resolve(record, against: current, of: known)
    }

    @inline(never)
    @_optimize(speed)
    private func resolve(_ record: Record, against current: Record, of key: KeyID) -> Resolution? {
        let isCopy = record.isCopy(of: current)
        let stands = stands(record, against: current)
        noteInversion(of: key, winner: stands ? record : current, loser: stands ? current : record, isCopy)
        guard stands else { return nil }
        if isCopy { record.takeLease(over: current) }
        record.retain()
        keys.replace(key, current, with: record)
        let isSame = isCopy && record.kind == current.kind && isSpelling(record.value, of: current.value)
        return Resolution(key: key, loser: current, isCopy: isSame)
    }

    /// Whether a record replaces the entry of its key.
    @_optimize(speed)
    func stands(_ record: Record, against current: Record) -> Bool {
        if record.timestamp == current.timestamp { return copyStands(record, against: current) }
        // One of them has come through a relay that knows no timestamps.
        if record.dot == current.dot { return sources.precedes(record.timestamp, current.timestamp) }
        return configuration.resolver.prefers(record, to: current) { update(of: $0) }
    }

    /// Of two copies of one write the newer dot is kept. Two contents under one timestamp are nobody's honest doing: the same
    /// one has to stand everywhere.
    private func copyStands(_ record: Record, against current: Record) -> Bool {
        let order = Store.tieBreak(record.kind, record.value, against: current.kind, current.value)
        return order == 0 ? sources.precedes(current.dot, record.dot) : order > 0
    }

    /// Which of two contents of one write stands, the first (>0) or the second (<0): a delete over a value, otherwise the
    /// shorter text, then the bytewise smaller one.
    static func tieBreak(_ kind: Update.Kind, _ value: Bytes, against other: Update.Kind, _ text: Bytes) -> Int {
        if kind != other {
            if (kind == .value) != (other == .value) { return kind == .value ? -1 : 1 }
            return kind.rawValue < other.rawValue ? 1 : -1
        }
        if value.count != text.count { return value.count < text.count ? 1 : -1 }
        if value.equals(text) { return 0 }
        return value.precedes(text) ? 1 : -1
    }

    /// Notes if an entry has beaten a value with a newer dot: see `Inversions`. Whoever holds a beaten delete holds no value; a
    /// classic peer does so though it was beaten, since it knows no timestamps.
    private func noteInversion(of key: KeyID, winner: Record, loser: Record, _ isCopy: Bool) {
        guard case .lastWriter = configuration.resolver, !configuration.disabledRules.contains(.inversion) else {
            return
        }
        var newest = winner.dot
        if let before = inversions[key], sources.precedes(newest, before) { newest = before }
        if !isCopy, !loser.isDelete || hasMetClassic, sources.precedes(newest, loser.dot) { newest = loser.dot }
        if newest == winner.dot { inversions.remove(key) } else { inversions.note(key, newest) }
    }

    /// Republishes the entries that have beaten a newer dot, unless something newer has come in between.
    func republishInverted() {
        while let key = inversions.last {
            if let record = keys[key], isInverted(key, record), mayWrite { republish(key, record) }
            inversions.remove(key)
        }
    }

    func isInverted(_ key: KeyID, _ record: Record) -> Bool {
        !inversions.isEmpty && (inversions[key].map { sources.precedes(record.dot, $0) } ?? false)
    }

    /// The same write under a new dot of this replica's own, so that all who have accounted for the old one take it.
    func republish(_ key: KeyID, _ old: Record) {
        republish(key, old, old.value, old.kind, old.lease)
    }

    /// The same as a new write, which outranks the deletes of it that others still hold.
    @inline(never)
    func writeAgain(_ key: KeyID, _ old: Record) {
        republish(key, old, old.value, old.kind, old.lease, isNew: true)
    }

    /// The same write once more, ended: a delete of it and of what it has beaten, and of nothing else.
    func republishEnded(_ key: KeyID, _ old: Record) {
        republish(key, old, Bytes("null"), .expiry, nil)
    }

    private func republish(
        _ key: KeyID, _ old: Record, _ value: Bytes, _ kind: Update.Kind, _ lease: Lease?, isNew: Bool = false
    ) {
        issueVersion()
        let timestamp = isNew || configuration.disabledRules.contains(.timestamp) ? nil : old.timestamp
        let record = record(
            old.key, value, Dot(source: SourceTable.own, version: version), kind, timestamp, lease)
        record.retain()
        keys.replace(key, old, with: record)
        entryChanges &+= 1
        retire(old)
        enlist(record, key)
        appendToHistory(record)
        record.release()
    }

    /// The entry of a key. O(length of key).
    func entry(of key: Bytes) -> Record? {
        keys.find(key).flatMap { keys[$0] }
    }

    /// The entry with this dot. O(log n).
    @_optimize(speed)
    func entry(of dot: Dot) -> Record? {
        sources[dot.source].entries.key(with: dot.version, of: dot.source, keys).flatMap { keys[$0] }
    }

    /// The record is the entry of a key: the indices learn of it.
    @_optimize(speed)
    func enlist(_ record: Record, _ key: KeyID) {
        let source = sources[record.source]
        source.entries.insert(record.version, key)
        arrivals.append(record, key)
        if record.version > source.covered {
            source.outOfOrderCount += 1
            source.hadOutOfOrder = true
            outOfOrderCount += 1
            noteOutOfOrder(source, record.version, 1)
        }
        // The others are listed when the vector covers them.
        if record.isDelete, record.version <= source.covered { list(tombstone: record, key) }
        if record.hasTail { enlistTail(record, key) }
    }

    @inline(never)
    private func enlistTail(_ record: Record, _ key: KeyID) {
        if record.isRepublished { sources[record.timestamp.source].timestampCount += 1 }
        if let lease = record.lease { countDown(lease, of: record, key) }
    }

    /// Takes an entry out, and leaves nothing in its place.
    func remove(_ key: KeyID, _ record: Record) {
        entryChanges &+= 1
        if changes != nil { noteRemoval(of: .entry, record.key) }
        if !inversions.isEmpty { inversions.remove(key) }
        keys.remove(key, record)
        retire(record)
        order.noteRemoval(from: &keys)
    }

    /// A key that held a value holds none any more, though nobody has deleted it now.
    func reportRemoval(_ record: Record) {
        configuration.onUpdate?(removal(of: record))
    }

    /// What hosts see of an entry that a reset takes away.
    func removal(of record: Record) -> Update {
        Update(
            key: record.key, value: Bytes("null"), source: sources[record.timestamp.source].id,
            version: record.timestamp.version, kind: .reset, isLocal: false,
            dotSource: sources[record.source].id, dotVersion: record.version)
    }

    /// The record is no entry any more; lets go of it.
    @_optimize(speed)
    private func retire(_ record: Record) {
        let source = sources[record.source]
        source.entries.retire(of: record.source, keys)
        arrivals.retire(keys)
        if record.arrival >= earliestShared { invalidateShared() }
        if record.arrival <= hashedArrival, !record.isDelete {
            contents.remove(record, sources[record.timestamp.source].mark)
        }
        if record.version > source.covered {
            source.outOfOrderCount -= 1
            outOfOrderCount -= 1
            noteOutOfOrder(source, record.version, -1)
        }
        if record.isRepublished {
            let writer = sources[record.timestamp.source]
            writer.timestampCount -= 1
            noteIdle(writer)
        }
        noteIdle(source)
        record.release()
    }

    private func noteOutOfOrder(_ source: Source, _ version: Version, _ change: Int) {
        sources.names[source.name].outOfOrder &+= change > 0 ? 1 : .max
        past.noteOutOfOrder(source.number, change)
        guard !configuration.disabledRules.contains(.ahead) else { return }
        if change > 0 { dotHash.addOutOfOrder(source, version) } else { dotHash.removeOutOfOrder(source, version) }
    }

    /// The clock's entry of a source rises: all its updates up to `version` are accounted for.
    @_optimize(speed)
    func cover(_ source: Source, upTo version: Version) {
        let before = source.covered
        guard version > before else { return }
        revision += 1
        noteChange(of: source)
        dotHash.change(source, from: before, to: version)
        source.covered = version
        if !source.flags.isEmpty { noteRise(of: source) }
        self.version = max(self.version, version)
    }

    /// The same for a source of which some entries may be ahead of the clock: those that are covered now, and that the
    /// caller is not about to bring into the history, have to be left to answers from the state.
    @_optimize(speed)
    func cover(_ id: SourceID, upTo version: Version, remembering count: Int = 0) {
        let source = sources[id]
        let before = source.covered
        guard version > before else { return }
        if source.outOfOrderCount > 0 {
            var passed = 0
            source.entries.forEachLive(above: before, upTo: version, of: id, keys) { key, version in
                passed += 1
                noteOutOfOrder(source, version, -1)
                if let record = keys[key], record.isDelete { list(tombstone: record, key) }
            }
            source.outOfOrderCount -= passed
            outOfOrderCount -= passed
            tombstoneThreshold = configuration.maxTombstones
            if passed > count { bypassHistory(source, upTo: version) }
        }
        cover(source, upTo: version)
        if refused != nil { passExceptions(of: id, above: before, upTo: version) }
    }

    /// Updates of a source up to a version, which are covered now, are not in the history.
    func bypassHistory(_ source: Source, upTo version: Version) {
        source.raiseFloor(to: version)
        historyBypasses += 1
    }
}

extension Store {
    /// Of all that this replica holds. O(bytes that have arrived since it was last asked for).
    var contentHash: ContentHash {
        arrivals.forEach(after: hashedArrival, in: keys) { record in
            if !record.isDelete { contents.add(record, sources[record.timestamp.source].mark) }
            return true
        }
        hashedArrival = arrivals.last
        return contents
    }

    /// Whether replicas with the same hash of the vector, which counts what is ahead of it, have to hold the same: a peer may
    /// have taken what an inverted entry beats here, and what a reset has begun is seen in the vector when it has ended.
    var mayStateContents: Bool { inversions.isEmpty && refused?.coveredCount ?? 0 == 0 && incompleteResetAt != revision }
}
