/// The lines of a save from a head to its end, with those of the pieces that go on from it; or the lines without a head. What lines
/// say counts once their part is complete.
///
/// Owns a reference to each of its records.
final class SavedPart {
    /// The head; nil for lines of updates alone.
    private(set) var head: Head?
    /// The records that have not changed the replica yet, and the number of all.
    private(set) var records: [Record] = []
    private(set) var updates = 0
    /// The removed keys, and for each the number of records that stand before it.
    private(set) var removed: [[UInt8]] = []
    private(set) var recordsBefore: [Int] = []
    var vector: [(source: SourceID, covered: Version, purged: Version)] = []
    var names: [(name: [UInt8], number: Version, state: RetirementState)] = []
    var retired: [RetiredClaim] = []
    var retiredFloor: Version = 0
    var exceptions: [Dot] = []
    var progress: [SavedProgress] = []
    /// The lines so far.
    var lines: UInt64 = 0

    struct Head {
        let lamport: Version
        let incarnation: UInt64
        let piece: PieceHead?
        /// Whether the part is of a replica of the loading replica's name.
        let isOwn: Bool
    }

    init(_ head: Head? = nil) {
        self.head = head
        lines = head == nil ? 0 : 1
    }

    deinit {
        releaseRecords()
    }

    /// Appends a record, and owns the caller's reference to it from then on.
    func append(_ record: Record) {
        records.append(record)
        updates += 1
    }

    func appendRemoved(_ key: Bytes) {
        removed.append([UInt8](key))
        recordsBefore.append(records.count)
    }

    func releaseRecords() {
        for record in records { record.release() }
        records = []
    }

    /// Whether the part goes on from the one before it, and does not replace it.
    var follows: Bool { head?.piece?.follows != nil }

    /// Adds what a complete part says that goes on from this one, but for its records. The progress in a save counts only if no
    /// piece follows it.
    func add(_ part: SavedPart) {
        vector += part.vector
        names += part.names
        retired += part.retired
        retiredFloor = max(retiredFloor, part.retiredFloor)
        if part.head?.piece?.hasExceptions == true { exceptions = part.exceptions }
        progress = []
        head = part.head
    }
}
