/// A replica that its host keeps elsewhere, in rows: the functions that the host gives. Each says whether it has succeeded.
public struct StateStore {
    /// What a row is about. With its id it is the row's primary key.
    public enum Kind: UInt32 {
        /// What stands for a key.
        case entry = 1
        /// A source's entry in the version vector.
        case source = 2
        /// What else there is to know of the replica.
        case replica = 3
    }

    public let begin: () -> Bool
    /// Kind, id and line; of an entry also the update.
    public let put: (Kind, Bytes, Bytes, Update?) -> Bool
    public let remove: (Kind, Bytes) -> Bool
    public let commit: () -> Bool
    public let rollback: () -> Void

    public init(
        begin: @escaping () -> Bool, put: @escaping (Kind, Bytes, Bytes, Update?) -> Bool,
        remove: @escaping (Kind, Bytes) -> Bool, commit: @escaping () -> Bool, rollback: @escaping () -> Void
    ) {
        (self.begin, self.put, self.remove, self.commit, self.rollback) = (begin, put, remove, commit, rollback)
    }
}

/// What of a replica is not in its store yet. Entries are found by their arrival, so a write notes nothing.
final class StoreChanges {
    let store: StateStore
    /// Entries up to this arrival are stored.
    var arrival: Arrivals.Stamp = 0
    /// Rows that have gone: keys and sources.
    var removed: [(kind: StateStore.Kind, id: [UInt8])] = []
    /// Sources whose entry in the vector has changed since a revision of it, each once.
    var sources: [SourceID] = []
    var revision: UInt64 = 0
    /// What the rows of the replica said.
    var ownCovered: Version = 0
    var ownPurged: Version = 0
    var facts = Facts()
    /// Whether the host's time was known.
    var hasTicked = false

    /// What tells that the rows of the replica are out of date.
    struct Facts: Equatable {
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

    init(_ store: StateStore) {
        self.store = store
    }
}
