/// The history of updates, as hosts read and compact it.
extension Store {
    /// Appends a covered update to the history, or an update of a host's, whose version no peer relies on.
    @_optimize(speed)
    func appendToHistory(_ record: Record, isForeign: Bool = false) {
        if configuration.onCompaction != nil, history.doomedCount > 0 { compact() }
        let passed =
            isForeign
            ? history.appendForeign(record, in: sources)
            : history.append(record, of: sources[record.source], in: sources)
        if let passed { noteIdle(sources[passed]) }
        if history.end >= historyMark { historyReachesMark() }
    }

    /// Reports the updates that are about to be dropped to the host, which may trim the history, or keep all for now.
    @inline(never)
    private func compact() {
        (isCompacting, hasKept) = (true, false)
        reportCompaction(of: history.doomedCount)
        isCompacting = false
        guard !hasKept, history.currentCapacity > history.capacity else { return }
        noteIdle(history.shrinkToCapacity(in: sources))
    }

    /// Reports the oldest updates, which are about to be dropped, to the host.
    func reportCompaction(of count: Int) {
        guard let onCompaction = configuration.onCompaction else { return }
        var doomed: [Update] = []
        history.forEach { if doomed.count < count { doomed.append(update(of: $0.record)) } }
        onCompaction(doomed)
    }

    /// The updates of the history, in the order of `Configuration.sort`. Borrowed until the next call. O(h log h).
    public var historyUpdates: [Update] {
        var updates: [Update] = []
        history.forEach { updates.append(update(of: $0.record)) }
        return updates.arranged(by: configuration.order)
    }

    /// Records an update in the history and nowhere else.
    /// - Parameter value: valid JSON without insignificant white space.
    /// - Throws: `.key`, `.keySize`, `.nul`, `.utf8`, `.id`, `.version`, `.identity`, `.sources`, `.bytes`, `.memory`.
    public func writeHistory(
        _ key: Bytes, _ value: Bytes, isDelete: Bool, source: Bytes, version: Version
    ) throws(Failure) {
        try limits.check(hostKey: key)
        try Limits.check(id: source)
        try source.checkUTF8("the source")
        guard version >= 1, version <= .highest else {
            throw Failure(.version, "version \(version) is not in 1 ... 2^53-1")
        }
        try checkIdentity(of: sources.find(source), claims: version)
        if isBounded, let failure = overflow(by: key.count + value.count, leaving: 0) { throw failure }
        try checkMemory(for: key, value)
        let dot = Dot(source: try sourceID(for: source), version: version)
        let record = record(key, value, dot, isDelete ? .delete : .value)
        appendToHistory(record, isForeign: true)
        record.release()
    }

    /// Removes updates from the history. Peers that lack them receive the entries of that moment. O(history).
    /// - Returns: the number of removed updates.
    public func trimHistory(where isDropped: (Update) -> Bool) -> Int {
        var decisions: [Bool] = []
        // The host may read in `isDropped`, and must not compact.
        let wasCompacting = isCompacting
        isCompacting = false
        history.forEach { decisions.append(isDropped(update(of: $0.record))) }
        isCompacting = wasCompacting
        invalidateShared()
        let gone = history.trim(decisions, in: sources)
        noteIdle(gone)
        return gone.count
    }

    /// Raises the number of updates at which `onCompaction` is called next. Only in `onCompaction`.
    /// - Throws: `.busy` anywhere else; `.argument` if the history has `count` updates already.
    public func keepHistory(upTo count: Int) throws(Failure) {
        guard isCompacting else { throw Failure(.busy, "scuttle_history_keep is for on_compaction only") }
        guard count > history.count else {
            throw Failure(
                .argument, "the count to keep is \(count); the history holds \(history.count) updates already")
        }
        history.keep(upTo: max(count, history.capacity), in: sources)
        hasKept = true
    }

    /// Notes that updates of sources were dropped from the history.
    func noteIdle(_ ids: [SourceID]) {
        for id in ids { noteIdle(sources[id]) }
    }
}
