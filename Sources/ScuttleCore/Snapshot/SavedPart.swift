/// The lines of a save from a head to its end, or those without a head. What they say counts once they are complete.
///
/// Owns a reference to each of its records.
final class SavedPart {
    /// The head; nil for lines of updates alone.
    let head: Head?
    /// The records that have not changed the replica yet, and the number of all.
    private(set) var records: [Record] = []
    private(set) var updates = 0
    var removed: [[UInt8]] = []
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

    func releaseRecords() {
        for record in records { record.release() }
        records = []
    }

    /// Whether the part goes on from the one before it, and does not replace it.
    var follows: Bool { head?.piece?.follows != nil }
}
