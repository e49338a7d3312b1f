/// Refusals: updates that a limit or the host's `accept` has refused, as named exceptions to the version vector.
///
/// The vector goes on past an exception, and this replica vouches for it to nobody. An update of the same key that beats the
/// refused one settles it. `acceptAgain` makes missing ones of all: peers send them again. A replica that has refused nothing
/// pays a comparison for an update.
extension Store {
    /// Drops all refusals: with their next requests peers are asked for what was refused, and what has come of deltas counts for
    /// none of it. For a host whose `accept` has changed its mind. O(refusals and links).
    public func acceptAgain() {
        guard let refused else { return }
        // What is replaced goes to the end, and the last one takes its place.
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

    /// A classic peer is asked for what is missing. O(exceptions of the source) if there is any.
    func versionBelowMissing(of id: SourceID) -> Version {
        guard let refused, refused.missingCount > 0 else { return .highest }
        var lowest = Version.highest + 1
        refused.forEach(of: id, above: 0, upTo: .highest) { position in
            if refused[position].reason == 0 { lowest = min(lowest, refused[position].dot.version) }
        }
        return lowest - 1
    }

    /// Whether this replica has not taken an update that its vector may cover.
    @inline(never)
    func isException(_ dot: Dot) -> Bool {
        refused?.find(dot) != nil
    }

    /// Whether an update counts as news though it is covered: it is wanted still.
    @inline(never)
    func isMissing(_ source: SourceID, _ version: Version) -> Bool {
        guard let refused, let position = refused.find(Dot(source: source, version: version)) else { return false }
        return refused[position].reason == 0
    }

    /// Adds an exception, or changes the one with its dot; false if there is no room.
    /// - Parameter clock: an exception ahead of the vector makes room if no delta has named it since: the delta that has has not
    ///   come to its end, and its update comes again. So a peer that names dots that nobody covers does not fill the table for good,
    ///   and a delta that names more than there is room for does not make room for itself.
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

    /// Whether the vector does not cover a dot.
    private func isUncovered(_ dot: Dot) -> Bool {
        dot.version > sources[dot.source].covered
    }

    /// Forgets an exception ahead of the vector. What has come of deltas that named it counts no more.
    @inline(never)
    private func evictUncovered(before sequence: UInt64) -> Bool {
        // What is ahead of the vector is not to be told.
        guard let position = refused?.leastRecent(before: sequence) else { return false }
        evictException(at: position)
        return true
    }

    /// No peer has heard of an exception ahead of the vector, so that its update comes again.
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
        // Both have to keep their numbers.
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

    /// An update that was an exception is accounted for.
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

    /// The keys of refused updates ahead of the vector that a peer may hold, as hashes. It may hold one of those in place of another
    /// exception of its key, which it accounts for with that; here it is none. In order.
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

    /// Whether a hash is among some in order. O(log n).
    private func contains(_ keys: [UInt64], _ key: UInt64) -> Bool {
        let place = keys.indices.partition { keys[$0] >= key }
        return place < keys.count && keys[place] == key
    }

    /// Drops an exception that a peer accounts for, unless a refused update may be what the peer holds instead. The keys of missing
    /// ones are not known.
    /// - Returns: whether it is over.
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

    /// Whoever knows a source by its hash alone holds nothing of it, and accounts for all of it.
    @inline(never)
    func dropExceptions(endedBy claim: RetiredClaim, unlessOf keys: [UInt64]) {
        guard let refused, let id = sources.find(claim.hash) else { return }
        var dots: [Dot] = []
        refused.forEach(of: id, above: 0, upTo: claim.version) { dots.append(refused[$0].dot) }
        for dot in dots { dropAccounted(dot, unlessOf: keys) }
    }

    /// A write stands for a key: refused updates that lose to it are accounted for. Only the last writer can be told without their
    /// values.
    ///
    /// A write settles no exception with a newer dot, because other replicas take that for what stands.
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

    /// A refused value that the vector covers settles other exceptions in the same way: of one key only the last one counts. A
    /// refused delete does not: once its tombstone is forgotten, what it beats may stand with others who have refused it.
    @inline(never)
    func settleExceptions(by write: RefusedTable.Write, _ dot: Dot) {
        if !write.isDelete { settleExceptions(of: write.key, by: write.timestamp, dot) }
    }

    /// A vector has moved past exceptions: they count from now on, and are in no history, so that others get what follows from
    /// the state.
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

    /// Whether the host is to be told that a peer has not taken an update: once for each name and update.
    @inline(never)
    func isFirstReport(_ peer: UInt64, _ dot: Dot) -> Bool {
        let mark = FoldHash.fold(peer ^ FoldHash.key.0, mark(of: Timestamp(of: dot)))
        return reportedRefusals.insert(mark)
    }

    /// Of a source and a version, whatever number the source has.
    func mark(of timestamp: Timestamp) -> UInt64 {
        FoldHash.fold(sources[timestamp.source].mark ^ FoldHash.key.1, timestamp.version ^ FoldHash.key.2)
    }
}
