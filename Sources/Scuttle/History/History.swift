/// The last updates in order of arrival, in a ring. It feeds `news`, live links, and the answers to peers that lag but a
/// little; all others are answered from the state, so its length is a matter of taste.
///
/// Owns one reference to each record in it. The updates of one source are chained from the newest back, so those above a
/// version are found without a search. Within a source versions ascend in order of arrival, since what is covered is never
/// new again. Remember: O(1), whatever the length; memory grows with what is in it up to `capacity`.
struct History: ~Copyable {
    /// The number of an update in the order of arrival; the first is 1.
    struct Sequence: Equatable {
        let number: UInt64
        static var none: Sequence { Sequence(number: 0) }
    }

    struct Slot {
        let record: Record
        /// The source has no update between this version and the record's.
        let since: Version
        fileprivate let previousOfSource: Sequence
    }

    let capacity: Int
    private var slots = Column<Slot>()
    private var total: UInt64 = 0
    /// Where the next update will stand.
    private var next = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    deinit {
        for position in 0..<slots.count { slots[position].record.release() }
    }

    /// The number that the next update will have.
    var end: UInt64 { total + 1 }

    /// What the next `remember` will drop.
    var doomed: Record? {
        slots.count == capacity ? slots[next].record : nil
    }

    /// Adds an update of a source, retaining its record, and drops the oldest where the ring is full: its source's floor
    /// rises. Returns that source.
    @discardableResult
    mutating func remember(_ record: Record, of source: Source, in sources: borrowing SourceTable) -> SourceID? {
        record.retain()
        var passed: SourceID?
        if record.isRepublished { sources[record.timestamp.source].timestampCount += 1 }
        let slot = Slot(record: record, since: source.reach, previousOfSource: source.newestUpdate)
        total &+= 1
        source.newestUpdate = Sequence(number: total)
        source.extendReach(to: record.version)
        if slots.count < capacity {
            slots.append(slot)
        } else {
            let dropped = slots[next].record
            sources[dropped.source].raiseFloor(to: dropped.version)
            passed = dropped.source
            if dropped.isRepublished { sources[dropped.timestamp.source].timestampCount -= 1 }
            dropped.release()
            slots[next] = slot
        }
        next = next + 1 == capacity ? 0 : next + 1
        return passed
    }

    /// Whether it has an update of a source.
    func holdsAny(of source: Source) -> Bool { holds(source.newestUpdate) }

    /// The update with a number; nil where it has been forgotten or is still to come.
    subscript(number: UInt64) -> Slot? {
        holds(Sequence(number: number)) ? slots[position(of: number)] : nil
    }

    /// The updates of a source above `version`, oldest first, borrowed. O(updates found).
    func news(of source: Source, above version: Version) -> [Record] {
        var found: [Record] = []
        visitBack(source, above: version) { _, slot in found.append(slot.record) }
        found.reverse()
        return found
    }

    /// The number of the first update of a source above `version`; nil where there is none. O(updates found).
    func first(of source: Source, above version: Version) -> UInt64? {
        var first: UInt64?
        visitBack(source, above: version) { number, _ in first = number }
        return first
    }

    private func visitBack(_ source: Source, above version: Version, _ visit: (UInt64, Slot) -> Void) {
        var sequence = source.newestUpdate
        while holds(sequence) {
            let slot = slots[position(of: sequence.number)]
            guard slot.record.version > version else { break }
            visit(sequence.number, slot)
            sequence = slot.previousOfSource
        }
    }

    private func holds(_ sequence: Sequence) -> Bool {
        sequence != .none && sequence.number <= total
            && total - sequence.number < UInt64(truncatingIfNeeded: slots.count)
    }

    /// Of an update that is held: as far before the next one as its number is, and around the end.
    private func position(of number: UInt64) -> Int {
        let position = next - Int(truncatingIfNeeded: end - number)
        return position < 0 ? position + capacity : position
    }
}
