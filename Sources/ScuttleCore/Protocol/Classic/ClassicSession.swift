/// A conversation in the classic dialect, which is simple-scuttle's: digests request, updates follow. Classic peers
/// vouch for nothing and keep no order: see docs/reference/protocol.md.
final class ClassicSession {
    private let surroundings: Unowned<LinkContext>
    private var context: LinkContext { surroundings.object }
    /// Whether this replica or the peer has sent a digest.
    private(set) var hasBegun = false
    /// The sources that the peer's digests have named since its last `done`.
    private var named = SourceSet()
    /// The pending digests of this replica.
    private var walk: DigestWalk?
    /// The bases of the vector at this link's latest request, and at the one before: see `VectorPast`. 0 requests
    /// everything.
    private var requestBase: UInt64 = 0
    private var claimBase: UInt64 = 0
    /// The value of `Store.settled` at the peer's latest request for everything, if no entry was sent since.
    private var allRequestedAt = UInt64.max
    /// The pending entries.
    private var merged = MergedDelta()
    /// The same with superseded updates of the history.
    private var superseded = HistoryDelta()
    /// The newest dot of each source that was sent under its timestamp.
    private var restated = DotOrder()

    init(_ context: LinkContext) { surroundings = Unowned(context) }

    private var replica: Replica { context.replica }

    /// The number of pending messages.
    var backlog: Int { (walk?.messagesLeft ?? 0) + merged.count + superseded.count }

    /// Makes the next gossip request everything.
    func requestAll() { requestBase = 0 }

    var bases: (UInt64, UInt64) { (claimBase, requestBase) }

    /// Drops the bases before one, because the past of the vector is kept from there on. The link then claims less.
    func dropBases(before base: UInt64) {
        if requestBase < base { requestBase = 0 }
        if claimBase < base { claimBase = 0 }
    }

    /// Removes a source that was retired. Another source may get its id.
    func remove(_ source: SourceID) {
        merged.remove(source, in: replica)
        superseded.remove(source)
        named.remove(source)
        if let newest = newestRestated(of: source) { restated.remove(newest) }
    }

    /// Drops the pending output, because the link ends.
    func endLink() {
        walk = nil
        merged = MergedDelta()
        superseded = HistoryDelta()
    }
}

// MARK: - Receiving

extension ClassicSession {
    /// The outcome of an update. If it is applied or refused, the peer speaks this dialect.
    enum Outcome {
        case applied, refused
        /// It was readable, and a limit rejects it.
        case exceeding
    }

    /// Applies an update.
    /// - Throws: `.readOnly`, `.key`, `.keySize`, `.nul`, `.id`, `.version`, `.versionJump`, `.identity`, `.sources`,
    ///   `.corrupt`, `.refused`.
    @inline(never)
    func receive(_ update: IncomingUpdate) throws(Failure) -> Outcome {
        try checkWritable()
        let update = replica.unmasked(update)
        defer { if replica.hasSeenEquivocation { context.reportEquivocation() } }
        do throws(Failure) {
            if replica.isSelective, try context.isRefused(update) { return .refused }
            try replica.receive(update)
        } catch {
            guard error.code == .keySize else { throw error }
            try receive(refused: update, error)
            return .exceeding
        }
        return .applied
    }

    /// Handles an update that a limit rejects. It covers nothing.
    @inline(never)
    func receive(refused update: IncomingUpdate, _ failure: Failure) throws(Failure) {
        try checkWritable()
        _ = try context.isRefused(update, failure)
    }

    private func checkWritable() throws(Failure) {
        guard !context.isReadOnly else { throw Failure(.readOnly, "a peer sent an update on a read-only link") }
    }

    /// Handles a digest: the peer has a source up to a version, and requests the updates above it.
    func receiveDigest(of id: SourceID, at version: Version) {
        hasBegun = true
        named.insert(id)
        add(id, above: version)
        noteBacklog()
    }

    /// Handles the end of the peer's digests: the peer requests all updates of the sources that it has not named.
    func receiveDone() {
        hasBegun = true
        let hasNamedNone = named.isEmpty
        if hasNamedNone {
            // All of them are pending already.
            guard allRequestedAt != replica.entryChanges else { return }
            // A peer that names no source holds nothing.
            restated = DotOrder()
        }
        addUnnamed()
        named = SourceSet()
        if hasNamedNone { allRequestedAt = replica.entryChanges }
        noteBacklog()
    }

    private func noteBacklog() { context.note(Backlog(messages: backlog)) }

    /// Adds all entries of the sources that the peer has not named. O(sources, or entries and the history if they are
    /// fewer).
    private func addUnnamed() {
        let isReplayed = context.options.contains(.history)
        func add(_ id: SourceID) {
            if named.insert(id) { self.add(id, above: 0) }
        }
        guard replica.arrivals.liveCount + (isReplayed ? replica.history.count : 0) < replica.sources.count else {
            for id in replica.sources.ids { add(id) }
            return
        }
        if isReplayed { replica.history.forEach { add($0.record.source) } }
        replica.arrivals.forEach(after: 0, in: replica.keys) { record in
            add(record.source)
            return true
        }
    }

    @inline(never)
    private func add(_ source: SourceID, above version: Version) {
        allRequestedAt = .max
        if context.options.contains(.history) {
            superseded.add(source, above: version, in: replica)
        } else {
            merged.add(source, above: version, countingTo: replica.configuration.mtu, in: replica)
        }
    }
}

// MARK: - Sending

extension ClassicSession {
    /// Sends digests. The first gossip of a link requests everything. Each later one requests what is above the vector
    /// of the gossip before, because an update that came out of order may have covered another one that is still on its
    /// way.
    func gossip() {
        hasBegun = true
        guard walk == nil, !context.output.hasUnsentRequest else { return }
        replica.counters.requests &+= 1
        (claimBase, requestBase) = (requestBase, replica.relyOnVector())
        walk = DigestWalk(over: claimBase == 0 ? 0 : replica.sources.count, &replica.random)
    }

    /// Returns the version that a digest claims of a source: the low-water mark of this replica's own source; of any
    /// other source, a version below each missing update.
    private func claim(of id: SourceID) -> Version {
        if id == SourceTable.own { return replica.own.covered }
        guard claimBase > 0 else { return 0 }
        return min(replica.covered(id, at: claimBase), replica.versionBelowMissing(of: id))
    }

    /// Appends the next message. False if there is none.
    func append() -> Bool {
        while let id = walk?.next() {
            let claim = claim(of: id)
            guard claim > 0 else { continue }
            context.output.appendDigest(of: replica.sources[id], at: claim)
            return true
        }
        if walk != nil {
            walk = nil
            context.output.appendDone()
            return true
        }
        allRequestedAt = .max
        while let record = superseded.next(in: replica) {
            defer { record.release() }
            if append(record) { return true }
        }
        while let record = merged.next(in: replica) {
            if append(record) { return true }
        }
        return false
    }

    /// Appends an update. A republished write is sent under its timestamp, because a relay drops `written` and would
    /// make a new write of it. It is sent once, because the digests of a peer that drops `dot` do not show that the
    /// update has arrived.
    private func append(_ record: Record) -> Bool {
        let record = replica.deleteNull(record)
        guard record.isRepublished, record.kind != .expiry else {
            context.output.append(UpdateLine(of: record, in: replica))
            return true
        }
        guard mayRestate(record.dot) else { return false }
        context.output.append(UpdateLine(restating: record, in: replica))
        return true
    }

    /// Whether a republished update was not sent yet. Those of one source are sent in order of version.
    private func mayRestate(_ dot: Dot) -> Bool {
        if let newest = newestRestated(of: dot.source) {
            guard newest.version < dot.version else { return false }
            restated.remove(newest)
        }
        restated.insert(dot, 0)
        return true
    }

    private func newestRestated(of source: SourceID) -> Dot? {
        restated.first(from: Dot(source: source, version: 0)).flatMap { $0.dot.source == source ? $0.dot : nil }
    }
}
