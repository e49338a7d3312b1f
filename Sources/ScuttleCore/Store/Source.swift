/// A source as this replica knows it: its id, the version up to which it is covered, and its live entries.
///
/// A source is a pointer to memory of its table, and has no reference count: every update passes it several times, and counting
/// is atomic. It is valid while the table is.
///
/// Invariants: `floor` <= `reach` <= `covered`; `purged` <= `covered`.
struct Source {
    private let storage: UnsafeMutablePointer<SourceStorage>

    init(id: Bytes, encodedID: consuming OwnedBytes, index: SourceID, name: NameID) {
        storage = .allocate(capacity: 1)
        storage.initialize(to: SourceStorage(id: id, encodedID: encodedID, index: index, name: name))
    }

    /// Frees the storage, when the table goes.
    func deallocate() {
        storage.deinitialize(count: 1)
        storage.deallocate()
    }

    /// The id, with a NUL behind it.
    var id: Bytes { storage.pointee.plain.bytes }

    /// The encoded form of the id, which only the encoding of messages reads.
    var encodedID: Bytes { storage.pointee.encodedID.bytes }

    /// The id's part in hashes that peers compare, and the hash that names the source after its retirement.
    var mark: UInt64 { storage.pointee.hash.low }
    var hash: SourceHash { storage.pointee.hash }

    /// The version vector's entry: every update of this source up to it is applied, beaten or deleted here. Never falls.
    var covered: Version {
        get { storage.pointee.covered }
        nonmutating set { storage.pointee.covered = newValue }
    }

    /// The GC version: the highest version of a tombstone of this source that was purged, here or at the sender of a reset.
    var purged: Version {
        get { storage.pointee.purged }
        nonmutating set { storage.pointee.purged = newValue }
    }

    /// The history has all updates of this source above `floor` and up to `covered`. None of them is above `reach`.
    var floor: Version { storage.pointee.floor }
    var reach: Version { storage.pointee.reach }

    /// The value of `Store.revision` when `covered` or `purged` last changed.
    var changedAt: UInt64 {
        get { storage.pointee.changedAt }
        nonmutating set { storage.pointee.changedAt = newValue }
    }

    /// The number of the latest entry in `VectorPast`; 0: none.
    var latestPast: UInt32 {
        get { storage.pointee.latestPast }
        nonmutating set { storage.pointee.latestPast = newValue }
    }

    /// The id in the table.
    var index: SourceID { storage.pointee.index }

    /// The name of which this source is an incarnation.
    var name: NameID { storage.pointee.name }

    /// The exceptional states of a source. Most sources have none: they are the furthest of a name that is in use.
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// Another incarnation of the name is further ahead.
        static let behind = Flags(rawValue: 1)
        /// The name is retired.
        static let retired = Flags(rawValue: 2)
        /// The name is retired, and stability waits for it no longer.
        static let final = Flags(rawValue: 4)
        /// The source was retired, and has returned to the table.
        static let revived = Flags(rawValue: 8)
    }

    var flags: Flags {
        get { storage.pointee.flags }
        nonmutating set { storage.pointee.flags = newValue }
    }

    var isFurthest: Bool {
        get { !flags.contains(.behind) }
        nonmutating set { set(.behind, !newValue) }
    }
    var isFinal: Bool { flags.contains(.final) }

    private func set(_ flag: Flags, _ isSet: Bool) {
        if isSet { storage.pointee.flags.insert(flag) } else { storage.pointee.flags.remove(flag) }
    }

    /// Whether the source may write again, as far as this replica knows.
    var mayBeAlive: Bool { isFurthest && !isFinal }

    /// Whether the source is among those that may have become idle.
    var isQueued: Bool {
        get { storage.pointee.isQueued }
        nonmutating set { storage.pointee.isQueued = newValue }
    }

    /// Whether the source's writer is the peer of a link.
    var isLinked: Bool {
        get { storage.pointee.isLinked }
        nonmutating set { storage.pointee.isLinked = newValue }
    }

    /// Whether the source has ended, and nothing here but perhaps the history names it.
    var isIdle: Bool { !mayBeAlive && entries.liveCount == 0 && timestampCount == 0 && covered > 0 }

    /// The live entries, and the number of those that are out of order.
    var entries: VersionIndex {
        _read { yield storage.pointee.entries }
        nonmutating _modify { yield &storage.pointee.entries }
    }
    var outOfOrderCount: Int {
        get { storage.pointee.outOfOrderCount }
        nonmutating set { storage.pointee.outOfOrderCount = newValue }
    }

    /// Whether an entry of this source has ever been out of order.
    var hadOutOfOrder: Bool {
        get { storage.pointee.hadOutOfOrder }
        nonmutating set { storage.pointee.hadOutOfOrder = newValue }
    }

    /// The number of republished updates, in the map and in the history, whose timestamp names this source.
    var timestampCount: Int {
        get { storage.pointee.timestampCount }
        nonmutating set { storage.pointee.timestampCount = newValue }
    }

    /// The place of its newest update in the history.
    var newestUpdate: History.Sequence {
        get { storage.pointee.newestUpdate }
        nonmutating set { storage.pointee.newestUpdate = newValue }
    }

    /// Notes that the history lacks updates up to `version`.
    func raiseFloor(to version: Version) {
        storage.pointee.floor = max(floor, version)
        extendReach(to: version)
    }

    /// Notes that the history has the update of this version, which is the next one.
    func extendReach(to version: Version) {
        storage.pointee.reach = max(reach, version)
    }
}

/// The storage of a `Source`.
private struct SourceStorage: ~Copyable {
    let plain: OwnedBytes
    let encodedID: OwnedBytes
    let hash: SourceHash

    var covered: Version = 0
    var purged: Version = 0
    var floor: Version = 0
    var reach: Version = 0
    var changedAt: UInt64 = 0
    let index: SourceID
    let name: NameID
    var latestPast: UInt32 = 0
    var flags: Source.Flags = .behind
    var isQueued = false
    var isLinked = false
    var hadOutOfOrder = false
    var entries = VersionIndex()
    var outOfOrderCount = 0
    var timestampCount = 0
    var newestUpdate = History.Sequence.none

    init(id: Bytes, encodedID: consuming OwnedBytes, index: SourceID, name: NameID) {
        (self.index, self.name) = (index, name)
        plain = OwnedBytes(copying: id)
        hash = SourceHash(of: id)
        self.encodedID = encodedID
    }
}
