/// The changes of a replica that are not in the host's store yet. Entries are found by their arrival, so a write notes nothing.
final class StoreChanges {
    let store: StateStore
    /// Stores local writes before they are made: see `StoreEncoding`.
    let storeFirst: StoreEncoding.StoreFirst
    /// Entries up to this arrival are stored.
    var arrival: Arrivals.Sequence = 0
    /// The removed rows: keys and sources.
    var removed: [(kind: StateStore.Kind, id: [UInt8])] = []
    /// The sources whose entry in the vector has changed since `revision`, each once.
    var sources: [SourceID] = []
    var revision: UInt64 = 0
    /// The state of the replica in its stored rows.
    var ownCovered: Version = 0
    var ownPurged: Version = 0
    var rowState = RowState()
    /// Whether the host's time was known when the rows were stored.
    var hasTicked = false

    /// The state in the rows of a replica. If it differs from the present state, the rows are out of date.
    struct RowState: Equatable {
        var now: UInt64?
        var hasHead = false
        var hasMetClassic = false
        var hasLeft = false
        var names: UInt64 = 0
        var retired: UInt64 = 0
        var retiredFloor: Version = 0
        var exceptions: UInt64 = 0
        var exceptionCount = 0
    }

    init(_ store: StateStore, storeFirst: @escaping StoreEncoding.StoreFirst) {
        (self.store, self.storeFirst) = (store, storeFirst)
    }
}

extension Store {
    /// Notes a change of a source's entry in the vector or of its GC version. `revision` is new already, and `covered` is still
    /// the old one.
    @inline(__always)
    func noteChange(of source: Source) {
        if let changes, source.changedAt <= changes.revision { changes.sources.append(source.index) }
        if source.changedAt < past.newestBase { past.enter(source, at: revision) }
        source.changedAt = revision
        past.note(source.index, at: revision)
    }

    /// Notes that a row was removed.
    @inline(never)
    func noteRemoval(of kind: StateStore.Kind, _ id: Bytes) {
        changes?.removed.append((kind, [UInt8](id)))
    }
}
