/// Updates of classic peers, which vouch for nothing, keep no order, and drop what they do not know:
/// see docs/reference/protocol.md.
extension Store {
    /// Takes one update from a peer of the classic dialect. The vector accounts for all of its source up to this update. A classic peer
    /// keeps no order, so an earlier update that is not known is news all the same.
    func receive(_ incoming: IncomingUpdate) throws(Failure) {
        let known = sources.recall(incoming.source)
        let covered = known.map { sources[$0].covered } ?? retiredVersion(of: incoming.source)
        if incoming.version <= covered { return try receiveCovered(incoming, known) }
        let record: Record
        switch try apply(incoming) {
        case .covered: return
        case .equivocation(let failure): throw failure
        case .accepted(let news): record = news
        }
        defer { record.release() }
        cover(record.source, upTo: record.version, remembering: record.isEntry ? 1 : 0)
        if record.version > sources[record.source].reach { appendToHistory(record) }
        purgeSurplusTombstones()
    }

    /// An update of the classic dialect that is covered, and perhaps was never here: somebody repeats what others have asked for. If it
    /// stands, it is republished, because peers have taken the vector's word that nothing is missing.
    @inline(never)
    private func receiveCovered(_ incoming: IncomingUpdate, _ known: SourceID?) throws(Failure) {
        try check(incoming, from: known)
        let current = entry(of: incoming.key)
        let dot = current?.dot
        let copy = current.flatMap { isTimestamp(of: incoming, $0) ? $0 : nil }
        let present = known.flatMap { entry(of: Dot(source: $0, version: incoming.version)) } ?? copy
        if let present {
            // Here it is. A relay may have spelled it anew, and makes a null of a delete.
            if present.isDelete, present.key.equals(incoming.key), incoming.value.equals(Bytes("null")) { return }
        } else {
            guard known != SourceTable.own, incoming.version > highestPurged else { return }
            // What loses anyway does not bring back a source that has ended.
            if case .lastWriter = configuration.resolver, let current, precedes(incoming, current) { return }
        }
        switch try apply(incoming, isExempt: present.map { isSpelling(incoming, of: $0) } ?? true) {
        case .covered: break
        case .equivocation(let failure): throw failure
        case .accepted(let record):
            if record.isEntry, record.dot != dot {
                if mayWrite, let key = keys.find(record.key) {
                    republish(key, record)
                } else {
                    // No number is left: the entry stays under a covered dot, and the history has gone on.
                    bypassHistory(sources[record.source], upTo: min(record.version, sources[record.source].covered))
                }
            }
            record.release()
            purgeSurplusTombstones()
        }
    }

    /// What an update of the classic dialect says. A relay drops `deleted`, so a null of an incarnation is that replica's delete: see
    /// `deleteNull`.
    func unmasked(_ incoming: IncomingUpdate) -> IncomingUpdate {
        guard incoming.kind == .value, incoming.value.equals(Bytes("null")),
            SourceName.endsInIncarnation(incoming.source), !incoming.source.equals(id)
        else { return incoming }
        return IncomingUpdate(
            key: incoming.key, value: incoming.value, source: incoming.source, version: incoming.version, kind: .delete,
            written: incoming.written)
    }

    /// A null goes out to a classic peer. Behind it nobody can tell it from a delete, so it becomes one here, too; what stands for its
    /// key then. Other sources than incarnations may be those of classic peers, which know nothing but null.
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
