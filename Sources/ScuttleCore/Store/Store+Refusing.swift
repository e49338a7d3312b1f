/// Refusals: updates that a limit or the host's `accept` has refused, as exceptions to the version vector.
///
/// The vector covers an exception, and this replica accounts for its update to no peer. An update of the same key that beats the
/// refused one ends the exception. `acceptAgain` makes all refused updates missing ones, so that peers send them again. A replica
/// without refusals pays one comparison an update.
extension Store {
    /// Drops all refusals, for a host whose `accept` has changed its mind: the next requests are for the refused updates, and the
    /// progress of deltas without them is dropped. O(refusals and links).
    public func acceptAgain() {
        guard let refused else { return }
        // A replaced entry moves to the end, and the last one to its position.
        for position in stride(from: refused.count - 1, through: 0, by: -1) where refused[position].reason != 0 {
            let entry = refused[position]
            if isUncovered(entry.dot) {
                evictException(at: position)
            } else {
                replaceException(at: position, by: 0, entry.write)
            }
        }
        refusalsAreLifted()
    }

    /// Returns the version that a digest names of a source: below its lowest missing update, so that a classic peer sends that.
    /// O(exceptions of the source) if an update is missing.
    func versionBelowMissing(of id: SourceID) -> Version {
        guard let refused, refused.missingCount > 0 else { return .highest }
        var lowest = Version.highest + 1
        refused.forEach(of: id, above: 0, upTo: .highest) { position in
            if refused[position].reason == 0 { lowest = min(lowest, refused[position].dot.version) }
        }
        return lowest - 1
    }

    /// Returns whether an update that the vector may cover is an exception.
    @inline(never)
    func isException(_ dot: Dot) -> Bool {
        refused?.find(dot) != nil
    }

    /// Returns whether a covered update is missing, so that it is accepted.
    @inline(never)
    func isMissing(_ source: SourceID, _ version: Version) -> Bool {
        guard let refused, let position = refused.find(Dot(source: source, version: version)) else { return false }
        return refused[position].reason == 0
    }

    /// Adds an exception, or changes the one with its dot. Returns false if there is no room.
    /// - Parameter sequence: an exception above the vector makes room if no delta has named it after this sequence. The delta
    ///   that named it has not ended, so its update arrives again. So a peer that names dots which no replica covers does not
    ///   fill the table for good, and a delta with more exceptions than there is room for does not evict its own.
    @inline(never)
    func noteException(
        _ dot: Dot, reason: UInt8, _ write: RefusedTable.Write? = nil, evictingBefore sequence: UInt64 = 0
    ) -> Bool {
        let table = refused ?? RefusedTable(after: exceptionSequence)
        let write = write ?? RefusedTable.unknown(dot)
        if let position = table.find(dot) {
            replaceException(at: position, by: reason, write)
            return true
        }
        guard table.count < configuration.maxRefused || evictUncovered(before: sequence) else { return false }
        (refused, isSelective) = (table, true)
        add(dot, reason, write)
        return true
    }

    /// Returns whether a dot is above the vector.
    private func isUncovered(_ dot: Dot) -> Bool {
        dot.version > sources[dot.source].covered
    }

    /// Evicts the exception above the vector that was named least recently. Returns false if none was named at or before a
    /// sequence.
    @inline(never)
    private func evictUncovered(before sequence: UInt64) -> Bool {
        // Exceptions above the vector are not announced.
        guard let position = refused?.leastRecent(before: sequence) else { return false }
        evictException(at: position)
        return true
    }

    /// Evicts an exception above the vector. It was announced to no peer, so its update arrives again.
    private func evictException(at position: Int) {
        guard let refused else { return }
        let dot = refused[position].dot
        exceptionIsEvicted(dot)
        dropException(at: position)
    }

    @inline(never)
    private func replaceException(at position: Int, by reason: UInt8, _ write: RefusedTable.Write) {
        guard let refused else { return }
        let dot = refused[position].dot
        removeException(at: position)
        add(dot, reason, write)
    }

    @inline(never)
    private func add(_ dot: Dot, _ reason: UInt8, _ write: RefusedTable.Write) {
        guard let refused else { return }
        refused.insert(dot, reason: reason, write, isAnnounced: !isUncovered(dot))
        refused.count(dot, reason, in: sources[dot.source], 1)
        // Both sources keep their ids while the exception names them.
        sources[dot.source].timestampCount += 1
        sources[write.timestamp.source].timestampCount += 1
        noteChange(of: dot)
    }

    private func noteChange(of dot: Dot) {
        revision += 1
        if isUncovered(dot) { uncoveredExceptionChanges += 1 }
    }

    @inline(never)
    private func removeException(at position: Int) {
        guard let refused else { return }
        let entry = refused[position]
        refused.remove(at: position)
        refused.count(entry.dot, entry.reason, in: sources[entry.dot.source], -1)
        for id in [entry.dot.source, entry.write.timestamp.source] {
            sources[id].timestampCount -= 1
            noteIdle(sources[id])
        }
        noteChange(of: entry.dot)
    }

    /// Removes an exception, because its update is accounted for.
    @inline(never)
    func dropException(at position: Int) {
        if let refused, refused[position].announcedAt > 0 { endedExceptions += 1 }
        removeException(at: position)
        guard let refused, refused.count == 0 else { return }
        exceptionSequence = refused.lastSequence
        (self.refused, isSelective) = (nil, isBounded || configuration.accept != nil)
    }

    @inline(never)
    func dropException(_ dot: Dot) {
        if let position = refused?.find(dot) { dropException(at: position) }
    }

    /// Returns the hashes of the keys of refused updates above the vector that a peer may hold, in order. The peer may hold such
    /// an update in place of another exception of its key, and account for both, whereas here the update is an exception.
    @inline(never)
    func keysOfUncoveredRefusals(where isHeld: (Dot) -> Bool = { _ in true }) -> [UInt64] {
        var keys: [UInt64] = []
        guard let refused else { return keys }
        for position in 0..<refused.count where refused[position].reason != 0 {
            if isUncovered(refused[position].dot), isHeld(refused[position].dot) {
                keys.append(refused[position].write.key)
            }
        }
        return keys.arranged { $0 < $1 }
    }

    /// Returns whether sorted hashes contain a hash. O(log n).
    private func contains(_ keys: [UInt64], _ key: UInt64) -> Bool {
        let index = keys.indices.partition { keys[$0] >= key }
        return index < keys.count && keys[index] == key
    }

    /// Drops an exception that a peer accounts for, unless the peer may hold a refused update instead of it. The keys of missing
    /// updates are not known.
    /// - Returns: whether the exception was dropped.
    @inline(never)
    func dropAccounted(at position: Int, unlessOf keys: [UInt64]) -> Bool {
        guard let refused else { return false }
        let key = refused[position].write.key
        guard key == 0 ? keys.isEmpty : !contains(keys, key) else { return false }
        dropException(at: position)
        return true
    }

    func dropAccounted(_ dot: Dot, unlessOf keys: [UInt64]) {
        if let position = refused?.find(dot) { _ = dropAccounted(at: position, unlessOf: keys) }
    }

    /// Drops the exceptions of a source that a peer knows by its hash alone: the peer holds none of its entries, and accounts for
    /// all of it.
    @inline(never)
    func dropExceptions(endedBy claim: RetiredClaim, unlessOf keys: [UInt64]) {
        guard let refused, let id = sources.find(claim.hash) else { return }
        var dots: [Dot] = []
        refused.forEach(of: id, above: 0, upTo: claim.version) { dots.append(refused[$0].dot) }
        for dot in dots { dropAccounted(dot, unlessOf: keys) }
    }

    /// Drops the refused updates of a key that lose to a write, because they are accounted for. Only a last-writer resolver
    /// decides without their values.
    ///
    /// The write ends no exception with a newer dot, because at other replicas that update stands.
    @inline(never)
    func settleExceptions(of key: UInt64, by timestamp: Timestamp, _ dot: Dot) {
        guard case .lastWriter = configuration.resolver else { return }
        while let refused,
            let position = refused.find(
                key: key,
                where: {
                    sources.precedes($0.dot, dot) && !sources.precedes(timestamp, $0.write.timestamp)
                })
        {
            dropException(at: position)
        }
    }

    /// Drops the refused updates of a key that lose to a covered refused value: of one key only the last write counts. A refused
    /// delete drops none. After the purge of its tombstone, an update that it has beaten may stand at replicas that have refused
    /// the delete.
    @inline(never)
    func settleExceptions(by write: RefusedTable.Write, _ dot: Dot) {
        if !write.isDelete { settleExceptions(of: write.key, by: write.timestamp, dot) }
    }

    /// Counts and announces the exceptions that the vector now covers. The history has none of their updates, so peers receive
    /// the source's updates in state deltas.
    @inline(never)
    func passExceptions(of id: SourceID, above before: Version, upTo version: Version) {
        guard let refused, before < refused.highest else { return }
        var passed: [RefusedTable.Entry] = []
        refused.forEach(of: id, above: before, upTo: version) { position in
            let entry = refused[position]
            refused.count(entry.dot, entry.reason, in: sources[id], 1)
            refused.announce(at: position)
            passed.append(entry)
        }
        guard !passed.isEmpty else { return }
        bypassHistory(sources[id], upTo: version)
        for entry in passed where entry.reason != 0 { settleExceptions(by: entry.write, entry.dot) }
    }

    /// Returns whether a peer's refusal of an update is to be reported to the host: once for each name and update.
    @inline(never)
    func isFirstReport(_ peer: UInt64, _ dot: Dot) -> Bool {
        let mark = FoldHash.fold(peer ^ FoldHash.key.0, mark(of: Timestamp(of: dot)))
        return reportedRefusals.insert(mark)
    }

    /// Returns a hash of a source and a version, which does not depend on the id that the source has here.
    func mark(of timestamp: Timestamp) -> UInt64 {
        FoldHash.fold(sources[timestamp.source].mark ^ FoldHash.key.1, timestamp.version ^ FoldHash.key.2)
    }
}
