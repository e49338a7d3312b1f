/// The one way of an update into the map, and of an entry out of it. Key table, version index, arrivals, tombstones and the hash
/// of out-of-order entries change here, together.
extension Store {
    /// Makes a record that the caller owns. O(bytes).
    @inline(__always)
    func record(_ key: Bytes, _ value: Bytes, _ dot: Dot, _ kind: Update.Kind) -> Record {
        if !pool.isOpen, keys.idLimit >= configuration.fewKeys { pool.open() }
        return Record(key: key, value: value, source: dot.source, version: dot.version, kind: kind, in: pool)
    }

    /// Makes a record, as above, with a timestamp other than the dot, with a time to live, or with both.
    @inline(never)
    func record(
        _ key: Bytes, _ value: Bytes, _ dot: Dot, _ kind: Update.Kind, _ timestamp: Timestamp?, _ lease: Lease?
    ) -> Record {
        guard let tail = Record.Tail(timestamp: timestamp, lease: lease) else { return record(key, value, dot, kind) }
        if !pool.isOpen, keys.idLimit >= configuration.fewKeys { pool.open() }
        return Record(
            key: key, value: value, source: dot.source, version: dot.version, kind: kind, tail: tail, in: pool)
    }

    /// Lets the resolver decide between a record and its key's entry. Returns the key if the record became the entry, to which
    /// the key table then has a reference of its own.
    /// - Parameter known: the key's id, if the key has an entry.
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

    /// The result of a record that became an entry.
    struct Resolution {
        let key: KeyID
        /// The replaced entry, whose reference the caller owns.
        let loser: Record?
        /// Whether the replaced entry was the same write under an older dot.
        let isCopy: Bool
    }

    /// Puts a record into the key table if it wins; nil if the present entry wins.
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

    /// Returns whether a record replaces the entry of its key.
    @_optimize(speed)
    func stands(_ record: Record, against current: Record) -> Bool {
        if record.timestamp == current.timestamp { return copyStands(record, against: current) }
        // One of them has come through a relay that drops timestamps.
        if record.dot == current.dot { return sources.precedes(record.timestamp, current.timestamp) }
        return configuration.resolver.prefers(record, to: current) { update(of: $0) }
    }

    /// Returns whether a copy replaces another copy of one write: the one with the newer dot does. Two contents under one
    /// timestamp are an equivocation, of which the same one has to stand everywhere.
    private func copyStands(_ record: Record, against current: Record) -> Bool {
        let order = Store.tieBreak(record.kind, record.value, against: current.kind, current.value)
        return order == 0 ? sources.precedes(current.dot, record.dot) : order > 0
    }

    /// Returns which of two contents of one write stands, the first (>0) or the second (<0): a delete over a value, otherwise the
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

    /// Notes whether an entry has beaten a value with a newer dot: see `Inversions`. A beaten delete counts only if there may be
    /// classic peers, which apply it because they know no timestamps. Other peers with that delete hold no value.
    private func noteInversion(of key: KeyID, winner: Record, loser: Record, _ isCopy: Bool) {
        guard case .lastWriter = configuration.resolver, !configuration.disabledRules.contains(.inversion) else {
            return
        }
        var newest = winner.dot
        if let before = inversions[key], sources.precedes(newest, before) { newest = before }
        if !isCopy, !loser.isDelete || hasMetClassic, sources.precedes(newest, loser.dot) { newest = loser.dot }
        if newest == winner.dot { inversions.remove(key) } else { inversions.note(key, newest) }
    }

    /// Republishes the inverted entries, unless a newer update has beaten them since.
    func republishInverted() {
        while let key = inversions.last {
            if let record = keys[key], isInverted(key, record), mayWrite { republish(key, record) }
            inversions.remove(key)
        }
    }

    func isInverted(_ key: KeyID, _ record: Record) -> Bool {
        !inversions.isEmpty && (inversions[key].map { sources.precedes(record.dot, $0) } ?? false)
    }

    /// Republishes an entry: the same write under a new dot of this replica's, which all peers that cover the old one accept.
    func republish(_ key: KeyID, _ old: Record) {
        republish(key, old, old.value, old.kind, old.lease)
    }

    /// Republishes an entry as a new write, which outranks the deletes of the old one that peers still hold.
    @inline(never)
    func writeAgain(_ key: KeyID, _ old: Record) {
        republish(key, old, old.value, old.kind, old.lease, isNew: true)
    }

    /// Republishes an entry as ended: as a delete of this write and of all that it has beaten, and of nothing else.
    func republishEnded(_ key: KeyID, _ old: Record) {
        republish(key, old, Bytes("null"), .expiry, nil)
    }

    private func republish(
        _ key: KeyID, _ old: Record, _ value: Bytes, _ kind: Update.Kind, _ lease: Lease?, isNew: Bool = false
    ) {
        counters.republished &+= 1
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

    /// Returns the entry of a key. O(length of key).
    func entry(of key: Bytes) -> Record? {
        keys.find(key).flatMap { keys[$0] }
    }

    /// Returns the entry with a dot. O(log n).
    @_optimize(speed)
    func entry(of dot: Dot) -> Record? {
        sources[dot.source].entries.key(with: dot.version, of: dot.source, keys).flatMap { keys[$0] }
    }

    /// Adds the new entry of a key to the indices.
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
        // Other tombstones are listed when the vector covers them.
        if record.isDelete, record.version <= source.covered { list(tombstone: record, key) }
        if record.hasTail { enlistTail(record, key) }
    }

    @inline(never)
    private func enlistTail(_ record: Record, _ key: KeyID) {
        if record.isRepublished { sources[record.timestamp.source].timestampCount += 1 }
        if let lease = record.lease { countDown(lease, of: record, key) }
    }

    /// Removes an entry, so that its key has none.
    /// - Parameter epoch: the GC epoch that ends with the purge of a tombstone; nil: no purge.
    func remove(_ key: KeyID, _ record: Record, purgedIn epoch: UInt64? = nil) {
        entryChanges &+= 1
        noteRemoval(of: record, purgedIn: epoch)
        if changes != nil { noteRemoval(of: .entry, record.key) }
        if !inversions.isEmpty { inversions.remove(key) }
        keys.remove(key, record)
        retire(record)
        order.noteRemoval(from: &keys)
    }

    private func noteRemoval(of record: Record, purgedIn epoch: UInt64?) {
        let sequence = arrivals.skipSequence()
        let tombstone = record.isDelete ? record : self.record(record.key, Bytes("null"), record.dot, .delete)
        if record.isDelete { record.retain() }
        removals.append(
            RemovedEntries.Item(
                record: tombstone, sequence: sequence, deletedAt: record.isDelete ? record.arrival : sequence,
                epoch: epoch))
    }

    /// Reports to the host that a reset has removed the value of a key.
    func reportRemoval(_ record: Record) {
        configuration.onUpdate?(removal(of: record))
    }

    /// Returns the update by which a host learns that a reset has removed an entry.
    func removal(of record: Record) -> Update {
        Update(
            key: record.key, value: Bytes("null"), source: sources[record.timestamp.source].id,
            version: record.timestamp.version, kind: .reset, isLocal: false,
            dotSource: sources[record.source].id, dotVersion: record.version)
    }

    /// Removes a former entry from the indices, and releases its record.
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
        if record.isRepublishedOrRenewed { retireRare(record) }
        noteIdle(source)
        record.release()
    }

    @inline(never)
    private func retireRare(_ record: Record) {
        if record.isRepublished {
            let writer = sources[record.timestamp.source]
            writer.timestampCount -= 1
            noteIdle(writer)
        }
        if record.isRenewed { noteEnd(ofRenewed: record) }
    }

    private func noteOutOfOrder(_ source: Source, _ version: Version, _ change: Int) {
        sources.names[source.name].outOfOrder &+= change > 0 ? 1 : .max
        past.noteOutOfOrder(source.index, change)
        guard !configuration.disabledRules.contains(.ahead) else { return }
        if change > 0 { dotHash.addOutOfOrder(source, version) } else { dotHash.removeOutOfOrder(source, version) }
    }

    /// Raises the version vector's entry of a source without out-of-order entries up to `version`.
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

    /// Raises the version vector's entry of a source. If more than `count` of its out-of-order entries are covered by that, they
    /// are not in the history, and peers receive them in state deltas.
    /// - Parameter count: the number of these entries that the caller is about to append to the history.
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

    /// Notes that the history lacks covered updates of a source up to a version.
    func bypassHistory(_ source: Source, upTo version: Version) {
        source.raiseFloor(to: version)
        historyBypasses += 1
    }
}

extension Store {
    /// The hash of the contents of this replica. O(bytes that have arrived since the last call).
    var contentHash: ContentHash {
        arrivals.forEach(after: hashedArrival, in: keys) { record in
            if !record.isDelete { contents.add(record, sources[record.timestamp.source].mark) }
            return true
        }
        hashedArrival = arrivals.last
        return contents
    }

    /// Whether every replica with an equal `vectorHash` has to hold the same contents. It does not if an entry is inverted,
    /// because a peer may have applied what the entry has beaten, and not after an incomplete reset, which the vector does not
    /// show.
    var mayStateContents: Bool {
        inversions.isEmpty && refused?.coveredCount ?? 0 == 0 && incompleteResetAt != revision
    }
}
