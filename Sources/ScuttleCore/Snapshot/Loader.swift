/// Builds a new replica from the lines of a save, or from lines of updates alone.
///
/// Loading calls no callbacks and leaves the history empty. The indices are built at the end, in order of version, so the order
/// of lines does not matter: O(n log n).
public struct Loader {
    private let replica: Replica
    /// The head of an export; nil for lines of updates alone.
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

    /// - Parameter replica: a replica on which no other call was made.
    public init(_ replica: Replica) {
        self.replica = replica
    }

    /// Loads the head of an export.
    /// - Throws: `.message` if it is not the first line, `.id`, `.nul`, `.version`.
    public mutating func load(_ head: ExportHead) throws(Failure) {
        guard lines == 0 else {
            throw Failure(.message, "the head of an export is line \(lines + 1); it must be line 1")
        }
        try Limits.check(clockOf: head.source, at: head.lamport)
        export = (head.lamport, head.incarnation)
        // Another name is another host, whose clock may differ.
        isOwn = head.source.nameOfSource.equals(replica.name)
        replica.isLoadingOwn = isOwn
        if let now = head.now, isOwn { replica.leases.goOn(from: now) }
        if head.hasMetClassic { replica.hasMetClassic = true }
        lines = 1
    }

    /// Loads an update.
    /// - Throws: the errors of `Link.receive` for a rejected update.
    public mutating func load(_ update: IncomingUpdate) throws(Failure) {
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

    /// Returns an update of a store with the age that it has now: its row's, and the host's time that has passed since.
    private func aged(_ update: IncomingUpdate) -> IncomingUpdate {
        let now = Int64(truncatingIfNeeded: replica.leases.hostTime ?? 0)
        guard isOwn, update.ageAt > 0, now > update.ageAt else { return update }
        return IncomingUpdate(
            key: update.key, value: update.value, source: update.source, version: update.version, kind: update.kind,
            written: update.written, timeToLive: update.timeToLive,
            age: update.age + UInt64(truncatingIfNeeded: now - update.ageAt))
    }

    /// Loads the claim of a source.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public mutating func load(_ claim: SourceClaim) throws(Failure) {
        try Limits.check(clockOf: claim.source, at: claim.covered)
        guard claim.purged <= claim.covered else {
            throw Failure(.version, "GC version \(claim.purged) of a source is above its version \(claim.covered)")
        }
        vector.append((try replica.sourceID(for: claim.source), claim.covered, claim.purged))
    }

    /// Loads the claims of names and of retired sources.
    public mutating func load(ended part: VectorPart) {
        for claim in part.names {
            names.append((OwnedName(copying: claim.name), claim.number, claim.state))
        }
        retired += part.retired
        retiredFloor = max(retiredFloor, part.retiredFloor)
    }

    /// Returns the error for an update that was readable and is rejected.
    public func failure(of update: IncomingUpdate, _ code: Failure.Code) -> Failure {
        replica.configuration.limits.failure(of: update, code)
    }

    /// Loads an exception to the vector. If the previous incarnation refused the update, this one may accept it.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public mutating func load(exception claim: ExceptionClaim) throws(Failure) {
        try Limits.check(clockOf: claim.source, at: claim.version)
        exceptions.append(Dot(source: try replica.sourceID(for: claim.source), version: claim.version))
    }

    /// Loads the progress of a delta.
    public mutating func load(_ saved: SavedProgress) {
        progress.append(saved)
        lines += 1
    }

    /// Counts a loaded line of another kind.
    public mutating func countLine() {
        lines += 1
    }

    /// Loads the end of an export.
    /// - Throws: `.message` if the count of lines is not that of the export.
    public mutating func load(endAfter count: UInt64) throws(Failure) {
        guard export != nil, count == lines else {
            throw Failure(.message, "the export has \(lines) lines; its end says \(count)")
        }
        isEnded = true
    }

    /// Builds the indices. Returns false if an export lacks its end: its entries are loaded, but the vector stays empty, so
    /// that peers send the missing updates again. The vector stays empty for lines of updates alone, too.
    /// - Throws: `.version` if two keys have one version of one source.
    public func finish() throws(Failure) -> Bool {
        replica.isLoadingOwn = false
        let isWhole = export == nil || isEnded
        if let export {
            replica.version = max(replica.version, export.lamport)
            replica.incarnation = (replica.incarnation ^ (export.incarnation &* 0x9e37_79b9_7f4a_7c15)) & .highest
        }
        // A vector without all of its exceptions would vouch for updates that are missing.
        let vouches = isWhole && exceptions.count <= replica.configuration.maxRefused
        if vouches {
            for claim in vector {
                let source = replica.sources[claim.source]
                replica.cover(source, upTo: claim.covered)
                replica.notePurged(source, claim.purged)
            }
            applyEnded()
        }
        try enlist()
        // An exact source continues after its highest known version.
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
        // The progress counts with all entries of the export, and only with those.
        if isEnded, vouches, isOwn, updates == replica.keys.idLimit { replica.resumeProgress(progress) }
        return isWhole
    }

    private func applyEnded() {
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

    /// A name whose source is not yet known.
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

extension Replica {
    /// Whether no call has changed the replica yet.
    public var isNew: Bool {
        version == 0 && sources.count == 1 && keys.idLimit == 0 && linkTable.links.isEmpty && !leases.hasTicked
    }
}
