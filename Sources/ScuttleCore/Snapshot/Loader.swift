/// Makes a new replica what another one was, from the lines that were saved of it; or from lines of updates alone.
///
/// Loading enters neither the history nor the callbacks. The indices are built at the end, in order of version, so that the
/// order of lines does not matter: O(n log n).
public struct Loader {
    private let replica: LinkedStore
    /// What an export says of itself; nil for lines of updates alone.
    private var export: (lamport: Version, incarnation: UInt64)?
    private var vector: [(source: SourceID, covered: Version, purged: Version)] = []
    private var names: [(name: OwnedName, number: Version, state: RetirementState)] = []
    private var retired: [RetiredClaim] = []
    private var retiredFloor: Version = 0
    private var exceptions: [Dot] = []
    private var progress: [SavedProgress] = []
    /// Whether the export is of a replica of this name.
    private var isOwn = false
    private var lines: UInt64 = 0
    private var updates = 0
    private var isEnded = false

    /// - Parameter replica: one with which nothing has been done yet.
    public init(_ replica: LinkedStore) {
        self.replica = replica
    }

    /// - Throws: `.message` where it is not the first line, `.id`, `.nul`, `.version`.
    public mutating func take(_ head: ExportHead) throws(Failure) {
        guard lines == 0 else { throw Failure(.message, "an export begins in the middle") }
        try Limits.check(clockOf: head.source, at: head.lamport)
        export = (head.lamport, head.incarnation)
        // Another name is another host, whose clock may be another one.
        isOwn = head.source.nameOfSource.equals(replica.name)
        replica.isLoadingOwn = isOwn
        if let now = head.now, isOwn { replica.leases.goOn(from: now) }
        if head.hasMetClassic { replica.hasMetClassic = true }
        lines = 1
    }

    /// - Throws: as `Link.receive`, for the update that is refused.
    public mutating func take(_ update: IncomingUpdate) throws(Failure) {
        try replica.check(update, from: replica.sources.recall(update.source))
        try replica.checkRoom()
        try replica.checkMemory(for: update.key, update.value)
        let id = try replica.sourceID(for: update.source)
        let record = try replica.record(of: aged(update), as: Dot(source: id, version: update.version))
        lines += 1
        updates += 1
        replica.version = max(replica.version, update.version)
        let hash = replica.keys.hash(of: record.key)
        replica.resolve(record, replica.keys.find(record.key, hash), hash)?.loser?.release()
        record.release()
    }

    /// An update of a store is as old as its row, and the time of the host has gone on.
    private func aged(_ update: IncomingUpdate) -> IncomingUpdate {
        let now = Int64(truncatingIfNeeded: replica.leases.hostTime ?? 0)
        guard isOwn, update.ageAt > 0, now > update.ageAt else { return update }
        return IncomingUpdate(
            key: update.key, value: update.value, source: update.source, version: update.version, kind: update.kind,
            written: update.written, timeToLive: update.timeToLive,
            age: update.age + UInt64(truncatingIfNeeded: now - update.ageAt))
    }

    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public mutating func take(_ claim: SourceClaim) throws(Failure) {
        try Limits.check(clockOf: claim.source, at: claim.covered)
        guard claim.purged <= claim.covered else { throw Failure(.version, "more is purged than covered") }
        vector.append((try replica.sourceID(for: claim.source), claim.covered, claim.purged))
    }

    /// What a line of a vector says of names, and of sources that have ended.
    public mutating func take(ended part: VectorPart) {
        for claim in part.names {
            names.append((OwnedName(copying: claim.name), claim.number, claim.state))
        }
        retired += part.retired
        retiredFloor = max(retiredFloor, part.retiredFloor)
    }

    /// Why an update is refused that could be read.
    public func failure(of update: IncomingUpdate, _ code: Failure.Code) -> Failure {
        replica.configuration.limits.failure(of: update, code)
    }

    /// An update that the replica had not taken. What it refused, another start may take.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public mutating func take(exception claim: ExceptionClaim) throws(Failure) {
        try Limits.check(clockOf: claim.source, at: claim.version)
        exceptions.append(Dot(source: try replica.sourceID(for: claim.source), version: claim.version))
    }

    /// How far a delta of a peer's has come.
    public mutating func take(_ saved: SavedProgress) {
        progress.append(saved)
        lines += 1
    }

    /// A line that was none of the above has been taken.
    public mutating func countLine() {
        lines += 1
    }

    /// - Throws: `.message` where there are fewer or more lines than were saved.
    public mutating func take(endAfter count: UInt64) throws(Failure) {
        guard export != nil, count == lines else {
            throw Failure(.message, "an export of \(count) lines has \(lines)")
        }
        isEnded = true
    }

    /// Builds the indices. False where an export ends too soon: its entries are there, and the vector claims nothing, so that
    /// peers give again what is missing. Lines of updates alone claim nothing either.
    /// - Throws: `.version` where two keys have one version of one source.
    public func finish() throws(Failure) -> Bool {
        replica.isLoadingOwn = false
        let isWhole = export == nil || isEnded
        if let export {
            replica.version = max(replica.version, export.lamport)
            replica.incarnation = (replica.incarnation ^ (export.incarnation &* 0x9e37_79b9_7f4a_7c15)) & .highest
        }
        // A vector whose exceptions have no room here would vouch for them.
        let vouches = isWhole && exceptions.count <= replica.configuration.maxRefused
        if vouches {
            for claim in vector {
                let source = replica.sources[claim.source]
                replica.cover(source, upTo: claim.covered)
                replica.notePurged(source, claim.purged)
            }
            takeEnded()
        }
        try enlist()
        // An exact source goes on with what it has issued, as far as that is known.
        if replica.own.entries.liveCount > 0 || replica.own.covered > 0 {
            replica.cover(SourceTable.own, upTo: replica.version)
        }
        if vouches {
            for dot in exceptions where replica.entry(of: dot) == nil {
                _ = replica.noteException(dot, reason: 0)
            }
        }
        for id in replica.sources.ids {
            replica.sources[id].raiseFloor(to: replica.sources[id].covered)
        }
        // It vouches for all the entries of the export, and for nothing else.
        if isEnded, vouches, isOwn, updates == replica.keys.idLimit { replica.resumeProgress(progress) }
        return isWhole
    }

    private func takeEnded() {
        for claim in retired { _ = replica.adopt(claim, isReset: false) }
        replica.raiseRetiredFloor(to: retiredFloor)
        replica.dropSurplusRetired()
        for saved in names {
            saved.name.bytes.withUnsafeBytes { name in
                replica.merge(
                    NameClaim(name: name, number: saved.number, state: saved.state, sequence: 0, hash: 0))
            }
        }
    }

    /// A name, until it is known which sources there are.
    private struct OwnedName {
        let bytes: [UInt8]

        init(copying name: Bytes) { bytes = [UInt8](name) }
    }

    private func enlist() throws(Failure) {
        var entries: [(key: KeyID, record: Record)] = []
        replica.keys.forEach { key, record in
            entries.append((key, record))
            return true
        }
        entries = entries.arranged {
            ($0.record.version, $0.record.source) < ($1.record.version, $1.record.source)
        }
        for index in entries.indices.dropFirst() {
            let (a, b) = (entries[index - 1].record, entries[index].record)
            guard a.version != b.version || a.source != b.source else {
                throw Failure(.version, "two keys have version \(a.version) of one source")
            }
        }
        for (key, record) in entries { replica.enlist(record, key) }
    }
}

extension LinkedStore {
    /// Whether nothing has been done with it yet.
    public var isNew: Bool {
        version == 0 && sources.count == 1 && keys.idLimit == 0 && linkTable.links.isEmpty && !leases.hasTicked
    }
}
