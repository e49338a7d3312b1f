/// Makes a new replica what another one was, from the lines that were saved of it; or from lines of updates alone.
///
/// Loading enters neither the history nor the callbacks. The indices are built at the end, in order of version, so that the
/// order of lines does not matter: O(n log n).
public struct Loader {
    private let replica: Replica
    /// What an export says of itself; nil for lines of updates alone.
    private var export: (isOwn: Bool, lamport: Version, life: UInt64)?
    private var clock: [(source: SourceID, covered: Version, purged: Version)] = []
    private var expiries: [(version: Version, time: UInt64)] = []
    private var lines: UInt64 = 0
    private var isEnded = false

    /// - Parameter replica: one with which nothing has been done yet.
    public init(_ replica: Replica) {
        self.replica = replica
    }

    /// - Throws: `.message` where it is not the first line, `.id`, `.nul`, `.version`.
    public mutating func take(_ head: ExportHead) throws(Failure) {
        guard lines == 0 else { throw Failure(.message, "an export begins in the middle") }
        try Limits.check(clockOf: head.id, at: head.lamport)
        export = (head.id.equals(replica.id), head.lamport, head.life)
        if head.hasMetClassic { replica.hasMetClassic = true }
        lines = 1
    }

    /// - Throws: as `Link.receive`, for the update that is refused.
    public mutating func take(_ update: IncomingUpdate) throws(Failure) {
        try replica.check(update, from: replica.sources.recall(update.source))
        try replica.checkRoom()
        let id = try replica.sourceID(for: update.source)
        lines += 1
        replica.version = max(replica.version, update.version)
        if export == nil { replica.cover(replica.sources[id], upTo: update.version) }
        let record = replica.record(of: update, from: id)
        replica.resolve(record, replica.keys.hash(of: record.key))?.loser?.release()
        record.release()
    }

    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public mutating func take(_ claim: SourceClaim) throws(Failure) {
        try Limits.check(clockOf: claim.source, at: claim.covered)
        guard claim.purged <= claim.covered else { throw Failure(.version, "more is purged than covered") }
        clock.append((try replica.sourceID(for: claim.source), claim.covered, claim.purged))
    }

    /// A line that was none of the above has been taken.
    public mutating func countLine() {
        lines += 1
    }

    public mutating func take(expiryOf version: Version, at time: UInt64) {
        lines += 1
        expiries.append((version, time))
    }

    /// - Throws: `.message` where there are fewer or more lines than were saved.
    public mutating func take(endAfter count: UInt64) throws(Failure) {
        guard export != nil, count == lines else {
            throw Failure(.message, "an export of \(count) lines has \(lines)")
        }
        isEnded = true
    }

    /// Builds the indices. False where an export ends too soon: its entries are there, and the clock claims nothing.
    /// - Throws: `.version` where two keys have one version of one source; `.identity` for a torn export of this id.
    public func finish() throws(Failure) -> Bool {
        let isWhole = export == nil || isEnded
        if let export {
            replica.version = max(replica.version, export.lamport)
            replica.life = (replica.life ^ (export.life &* 0x9e37_79b9_7f4a_7c15)) & .highest
            guard isWhole || !export.isOwn else {
                throw Failure(
                    .identity, "a torn export cannot go on as itself: what it had issued is not known; take another id")
            }
        }
        if isWhole {
            for claim in clock {
                let source = replica.sources[claim.source]
                replica.cover(source, upTo: claim.covered)
                replica.notePurged(source, claim.purged)
            }
        }
        if replica.own.covered > 0 || export?.isOwn == true { replica.renewPromise() }
        try enlist()
        for id in replica.sources.ids {
            replica.sources[id].raiseFloor(to: replica.sources[id].covered)
        }
        if export?.isOwn == true {
            for expiry in expiries {
                let key = replica.own.entries.key(with: expiry.version, of: SourceTable.own, replica.keys)
                if let key { replica.expire(key, at: expiry.time) }
            }
        }
        return isWhole
    }

    private func enlist() throws(Failure) {
        var entries: [(record: Record, key: KeyID)] = []
        replica.keys.forEach { key, record in
            entries.append((record, key))
            return true
        }
        entries.sort {
            ($0.record.version, $0.record.source) < ($1.record.version, $1.record.source)
        }
        for index in entries.indices.dropFirst() {
            let (a, b) = (entries[index - 1].record, entries[index].record)
            guard a.version != b.version || a.source != b.source else {
                throw Failure(.version, "two keys have version \(a.version) of one source")
            }
        }
        for (record, key) in entries { replica.enlist(record, key) }
    }
}

extension Replica {
    /// Whether nothing has been done with it yet.
    public var isNew: Bool {
        version == 0 && sources.count == 1 && keys.idLimit == 0 && links.isEmpty && now == 0
    }
}
