/// A replica: the map, the clock, the history, and the links to its peers.
///
/// The protocol is van Renesse, Dumitriu, Gough, Thomas: "Efficient Reconciliation and Flow Control for Anti-Entropy
/// Protocols", LADIS 2008. A replica does no I/O, reads no clock and takes no lock: whoever holds it calls it from one
/// thread at a time, feeds `Link.receive` and drains `Link.read`.
///
/// Invariants: what is at or below a source's `covered` is applied, beaten or deleted here; `version` is at least every
/// version here; each live entry stands in its source's `VersionIndex`; the history holds only covered updates.
public final class Replica {
    let configuration: Configuration
    var keys: KeyTable
    var sources: SourceTable
    var history: History
    var random: RandomSource
    private var order = KeyOrder()

    /// The Lamport number: the highest version seen anywhere, here or from peers; 0 before the first.
    public internal(set) var version: Version = 0

    /// How many updates have been settled, here or from peers: changes where entries may have.
    var settled: UInt64 = 0

    /// The open links, in no order; each knows its place.
    var links: [Link] = []

    /// Links over their high-water mark.
    var linksOverMark = 0

    public init(id: borrowing ReplicaID, configuration: Configuration) {
        self.configuration = configuration
        let secrets = Secrets(seed: configuration.seed)
        random = secrets.random
        keys = KeyTable(hash: secrets.tableHash)
        sources = SourceTable(own: id.bytes, hash: secrets.tableHash)
        history = History(capacity: configuration.maxHistory)
    }

    /// This replica's own source id; a NUL stands behind it.
    public var id: Bytes { own.id }

    var own: Source { sources[SourceTable.own] }

    /// A replica's own entry in the clock is a promise that all it will ever issue is higher.
    func renewPromise() {
        own.covered = max(own.covered, version)
    }

    /// Whether some link has more to send than its high-water mark allows.
    public var isOverHighWaterMark: Bool { linksOverMark > 0 }
}

// MARK: - Looking around

extension Replica {
    /// The keys that hold a value.
    public var count: Int { keys.liveCount }

    /// What a key holds; nil where it is absent or deleted. Borrowed until the next call. O(length of key).
    public func get(_ key: Bytes) throws(Failure) -> Update? {
        try configuration.limits.check(hostKey: key)
        guard let id = keys.find(key), !keys[id].isDelete else { return nil }
        return update(of: keys[id])
    }

    /// Visits the entries whose key begins with `prefix`, in the byte order of keys, until `visit` returns false.
    /// O(log n + entries and tombstones passed), and before that O(k log k + n) where k keys are new since the last visit.
    public func visitEntries(prefix: Bytes, _ visit: (Update) -> Bool) {
        order.update(from: keys)
        for id in order.ids(from: prefix, in: keys) {
            let record = keys[id]
            guard record.key.begins(with: prefix) else { return }
            guard record.isDelete || visit(update(of: record)) else { return }
        }
    }

    /// Visits each known source and the version up to which it is accounted for, in the byte order of sources, until
    /// `visit` returns false. O(s log s).
    public func visitClock(_ visit: (Bytes, Version) -> Bool) {
        for id in sources.inOrder() where sources[id].covered > 0 {
            guard visit(sources[id].id, sources[id].covered) else { return }
        }
    }

    /// The updates of `source` above `version` that the history still has, ordered by `Configuration.sort`. Borrowed until
    /// the next call. O(updates found), times a logarithm with a sort of the host's.
    public func news(of source: Bytes, above version: Version) -> [Update] {
        guard let id = sources.find(source) else { return [] }
        let found = history.news(of: sources[id], above: version).map { update(of: $0) }
        guard let sort = configuration.sort else { return found }
        return found.sorted(by: sort)
    }

    /// The same number at replicas that hold the same entries, tombstones included. O(bytes held).
    public var fingerprint: UInt64 {
        let hash = SipHash(key: (0, 0))
        return keys.records.reduce(0) { $0 &+ hash.hash($1.line) }
    }

    func update(of record: Record) -> Update {
        Update(
            key: record.key, value: record.value, source: sources[record.source].id, version: record.version,
            isDelete: record.isDelete, isLocal: record.source == SourceTable.own)
    }
}
