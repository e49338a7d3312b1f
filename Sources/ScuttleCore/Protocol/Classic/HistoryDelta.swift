/// The pending updates of a classic link that sends what simple-scuttle would: the entries of each requested source
/// above the requested version, and the superseded updates that the history holds, in the order of
/// `Configuration.sort`.
///
/// A request has the size of a few words. The first `next` lists all requested updates, so the history is searched once
/// for each source. The list owns a reference to each update. O(n log n) for n updates.
struct HistoryDelta: ~Copyable {
    private struct Request {
        let source: SourceID
        let version: Version
        let count: Int
    }

    private var requested: [Request] = []
    /// In reverse order.
    private var listed: [Record] = []

    /// The number of pending updates.
    private(set) var count = 0

    deinit {
        for record in listed { record.release() }
    }

    /// Adds the updates of a source above `version`, in place of its pending ones.
    mutating func add(_ source: SourceID, above version: Version, in replica: Store) {
        remove(source)
        let found = Self.updates(of: source, above: version, in: replica).count
        guard found > 0 else { return }
        requested.append(Request(source: source, version: version, count: found))
        count += found
    }

    /// Returns the next update, which the caller owns.
    mutating func next(in replica: Store) -> Record? {
        if listed.isEmpty, !requested.isEmpty { list(in: replica) }
        guard let record = listed.popLast() else { return nil }
        count -= 1
        return record
    }

    private mutating func list(in replica: Store) {
        var records: [Record] = []
        for item in requested { records += Self.updates(of: item.source, above: item.version, in: replica) }
        for record in records { record.retain() }
        requested = []
        count = records.count
        let precedes = replica.configuration.order
        // In reverse order, because `next` removes the last one.
        listed = records.arranged { precedes(replica.update(of: $0), replica.update(of: $1)) }.reversed()
    }

    /// Removes a source and its pending updates.
    mutating func remove(_ source: SourceID) {
        for index in listed.indices.reversed()
        where listed[index].source == source || listed[index].timestamp.source == source {
            listed.remove(at: index).release()
            count -= 1
        }
        for index in requested.indices.reversed() where requested[index].source == source {
            count -= requested.remove(at: index).count
        }
    }

    /// Returns the covered entries of a source and its updates in the history, merged by version.
    private static func updates(of id: SourceID, above version: Version, in replica: Store) -> [Record] {
        let source = replica.sources[id]
        let superseded = replica.history.updates(of: source, above: version)
        var merged: [Record] = []
        var index = 0
        source.entries.forEachLive(above: version, upTo: source.covered, of: id, replica.keys) { key, entryVersion in
            while index < superseded.count, superseded[index].version < entryVersion {
                merged.append(superseded[index])
                index += 1
            }
            if index < superseded.count, superseded[index].version == entryVersion { index += 1 }
            if let entry = replica.keys[key] { merged.append(entry) }
        }
        return merged + superseded[index...]
    }
}
