/// Updates of classic peers, which account for nothing, keep no order, and drop members that they do not know: see
/// docs/reference/protocol.md.
extension Store {
    /// Applies an update of a classic peer. The vector then covers its source up to this update. A classic peer keeps no order,
    /// so an earlier update that is not known here is accepted all the same.
    func receive(_ incoming: IncomingUpdate) throws(Failure) {
        let known = sources.recall(incoming.source)
        let covered = known.map { sources[$0].covered } ?? retiredVersion(of: incoming.source)
        if incoming.version <= covered { return try receiveCovered(incoming, known) }
        let record: Record
        switch try apply(incoming) {
        case .covered: return
        case .equivocation(let failure): throw failure
        case .accepted(let accepted): record = accepted
        }
        defer { record.release() }
        cover(record.source, upTo: record.version, remembering: record.isEntry ? 1 : 0)
        if record.version > sources[record.source].reach { appendToHistory(record) }
        purgeSurplusTombstones()
    }

    /// Applies an update of a classic peer that is covered here, and perhaps was never here: a relay has sent what others have
    /// requested. If the update stands, the replica republishes it, because peers rely on the vector and do not request it.
    @inline(never)
    private func receiveCovered(_ incoming: IncomingUpdate, _ known: SourceID?) throws(Failure) {
        try check(incoming, from: known)
        let current = entry(of: incoming.key)
        let dot = current?.dot
        let copy = current.flatMap { isTimestamp(of: incoming, $0) ? $0 : nil }
        let present = known.flatMap { entry(of: Dot(source: $0, version: incoming.version)) } ?? copy
        if let present {
            // The update is here. A relay may have spelled it anew, and makes a null of a delete.
            if present.isDelete, present.key.equals(incoming.key), incoming.value.equals(Bytes("null")) {
                counters.repeated &+= 1
                return
            }
        } else {
            guard known != SourceTable.own, incoming.version > highestPurged else {
                counters.repeated &+= 1
                return
            }
            // An update that loses does not return an ended source to the table.
            if case .lastWriter = configuration.resolver, let current, precedes(incoming, current) {
                counters.superseded &+= 1
                return
            }
        }
        switch try apply(incoming, isExempt: present.map { isSpelling(incoming, of: $0) } ?? true) {
        case .covered: break
        case .equivocation(let failure): throw failure
        case .accepted(let record):
            if record.isEntry, record.dot != dot {
                if mayWrite, let key = keys.find(record.key) {
                    republish(key, record)
                } else {
                    // No version is left: the entry stays under a covered dot, which the history has passed.
                    bypassHistory(sources[record.source], upTo: min(record.version, sources[record.source].covered))
                }
            }
            record.release()
            purgeSurplusTombstones()
        }
    }

    /// Returns an update of a classic peer with its kind. A relay drops `deleted`, so a null of an incarnation is that replica's
    /// delete: see `deleteNull`.
    func unmasked(_ incoming: IncomingUpdate) -> IncomingUpdate {
        guard incoming.kind == .value, incoming.value.equals(Bytes("null")),
            SourceName.endsInIncarnation(incoming.source), !incoming.source.equals(id)
        else { return incoming }
        return IncomingUpdate(
            key: incoming.key, value: incoming.value, source: incoming.source, version: incoming.version, kind: .delete,
            written: incoming.written)
    }

    /// Makes a delete of an entry with the value null, because it goes out to a classic peer, behind which no replica can tell it
    /// from a delete. Returns the entry of its key then. Sources that are no incarnations may be classic peers, which know
    /// nothing but null.
    @inline(never)
    func deleteNull(_ record: Record) -> Record {
        guard record.isEntry, !record.isDelete, record.value.equals(Bytes("null")),
            SourceName.endsInIncarnation(sources[record.timestamp.source].id), let key = keys.find(record.key)
        else { return record }
        let delete = self.record(
            record.key, record.value, record.dot, .delete, record.isRepublished ? record.timestamp : nil, nil)
        enter(delete, key, keys.hash(of: delete.key))
        delete.release()
        return keys[key] ?? record
    }
}
