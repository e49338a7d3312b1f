/// A replica that writes, as this one knows it: its id, how far it is accounted for here, its live entries.
///
/// It names what its table owns, and nobody counts who does: every update passes through here several times, and counting
/// is atomic. Good as long as the table is.
///
/// Invariants: `floor` <= `reach` <= `covered`; `purged` <= `covered`.
struct Source {
    private let storage: UnsafeMutablePointer<SourceStorage>

    init(id: Bytes, encodedID: consuming OwnedBytes, number: SourceID, name: NameID) {
        storage = .allocate(capacity: 1)
        storage.initialize(to: SourceStorage(id: id, encodedID: encodedID, number: number, name: name))
    }

    /// The table goes.
    func deallocate() {
        storage.deinitialize(count: 1)
        storage.deallocate()
    }

    /// The id; a NUL stands behind it.
    var id: Bytes { storage.pointee.plain.bytes }

    /// What the encoding of messages keeps of the id. No one else knows what is in it.
    var encodedID: Bytes { storage.pointee.encodedID.bytes }

    /// The id's part in hashes that peers compare; and the whole hash by which it is named when it is retired.
    var mark: UInt64 { storage.pointee.hash.low }
    var hash: SourceHash { storage.pointee.hash }

    /// The clock's entry: every update of this source up to it is applied, beaten or deleted here. Never falls.
    var covered: Version {
        get { storage.pointee.covered }
        nonmutating set { storage.pointee.covered = newValue }
    }

    /// The highest version of a tombstone of this source that was forgotten, here or where a reset came from.
    var purged: Version {
        get { storage.pointee.purged }
        nonmutating set { storage.pointee.purged = newValue }
    }

    /// The history has all updates of this source above `floor` and up to `covered`; and none above `reach`, since there
    /// were none.
    var floor: Version { storage.pointee.floor }
    var reach: Version { storage.pointee.reach }

    /// The value of `Store.revision` when `covered` or `purged` last changed.
    var changedAt: UInt64 {
        get { storage.pointee.changedAt }
        nonmutating set { storage.pointee.changedAt = newValue }
    }

    /// The number of its latest entry in `VectorPast`; 0: there is none.
    var latestPast: UInt32 {
        get { storage.pointee.latestPast }
        nonmutating set { storage.pointee.latestPast = newValue }
    }

    /// Where it stands in its table.
    var number: SourceID { storage.pointee.number }

    /// The name whose incarnation it is.
    var name: NameID { storage.pointee.name }

    /// What is special about it: nothing, where it is the furthest of a name that is in use, as most are.
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// Another incarnation of its name is further ahead.
        static let behind = Flags(rawValue: 1)
        /// Its name will not be back.
        static let retired = Flags(rawValue: 2)
        /// The same, and nobody waits for it any more.
        static let final = Flags(rawValue: 4)
        /// It was retired, and came back in full.
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

    /// Whether it may write again, as far as is known here.
    var mayBeAlive: Bool { isFurthest && !isFinal }

    /// It stands among those that may have become idle.
    var isQueued: Bool {
        get { storage.pointee.isQueued }
        nonmutating set { storage.pointee.isQueued = newValue }
    }

    /// Its writer is the peer of a link.
    var isLinked: Bool {
        get { storage.pointee.isLinked }
        nonmutating set { storage.pointee.isLinked = newValue }
    }

    /// Ended, and nothing here names it any more but perhaps the history.
    var isIdle: Bool { !mayBeAlive && entries.liveCount == 0 && timestampCount == 0 && covered > 0 }

    /// This source's live entries, and how many of them are ahead of `covered`.
    var entries: VersionIndex {
        _read { yield storage.pointee.entries }
        nonmutating _modify { yield &storage.pointee.entries }
    }
    var outOfOrderCount: Int {
        get { storage.pointee.outOfOrderCount }
        nonmutating set { storage.pointee.outOfOrderCount = newValue }
    }

    /// Whether an entry has stood here ahead of `covered`.
    var hadOutOfOrder: Bool {
        get { storage.pointee.hadOutOfOrder }
        nonmutating set { storage.pointee.hadOutOfOrder = newValue }
    }

    /// How many republished updates name it as their writer: entries, and updates in the history.
    var timestampCount: Int {
        get { storage.pointee.timestampCount }
        nonmutating set { storage.pointee.timestampCount = newValue }
    }

    /// Where in the history its newest update stands.
    var newestUpdate: History.Sequence {
        get { storage.pointee.newestUpdate }
        nonmutating set { storage.pointee.newestUpdate = newValue }
    }

    /// The history has forgotten, or never had, updates up to `version`.
    func raiseFloor(to version: Version) {
        storage.pointee.floor = max(floor, version)
        extendReach(to: version)
    }

    /// The history has got the update of this version, which is the next one.
    func extendReach(to version: Version) {
        storage.pointee.reach = max(reach, version)
    }
}

/// What a `Source` names, and says more about.
private struct SourceStorage: ~Copyable {
    let plain: OwnedBytes
    let encodedID: OwnedBytes
    let hash: SourceHash

    var covered: Version = 0
    var purged: Version = 0
    var floor: Version = 0
    var reach: Version = 0
    var changedAt: UInt64 = 0
    let number: SourceID
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

    init(id: Bytes, encodedID: consuming OwnedBytes, number: SourceID, name: NameID) {
        (self.number, self.name) = (number, name)
        plain = OwnedBytes(copying: id)
        hash = SourceHash(of: id)
        self.encodedID = encodedID
    }
}
