/// The last updates in order of arrival, in a ring. It feeds `news`, and later live links; answers to digests do not
/// depend on it, so its length is a matter of taste.
///
/// Owns one reference to each record in it. The updates of one source are chained from the newest back, so `news` finds
/// them without a search. Within a source versions ascend in order of arrival, since what is covered is never new again.
/// Remember: O(1), whatever the length; memory grows with what is in it up to `capacity`.
struct History: ~Copyable {
    /// The number of an update in the order of arrival; the first is 1.
    struct Sequence: Equatable {
        let number: UInt64
        static var none: Sequence { Sequence(number: 0) }
    }

    private struct Slot {
        let record: Record
        let previousOfSource: Sequence
    }

    let capacity: Int
    private var slots: [Slot] = []
    private var total: UInt64 = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    deinit {
        for slot in slots { slot.record.release() }
    }

    /// What the next `remember` will drop.
    var doomed: Record? {
        slots.count == capacity ? slots[position(of: total &+ 1)].record : nil
    }

    /// Adds an update of a source, retaining its record, and drops the oldest where the ring is full.
    mutating func remember(_ record: Record, of source: Source) {
        record.retain()
        let slot = Slot(record: record, previousOfSource: source.newestUpdate)
        total &+= 1
        source.newestUpdate = Sequence(number: total)
        if slots.count < capacity {
            slots.append(slot)
        } else {
            let position = position(of: total)
            slots[position].record.release()
            slots[position] = slot
        }
    }

    /// The updates of a source above `version`, oldest first, borrowed. O(updates found).
    func news(of source: Source, above version: Version) -> [Record] {
        var found: [Record] = []
        var sequence = source.newestUpdate
        while holds(sequence) {
            let slot = slots[position(of: sequence.number)]
            guard slot.record.version > version else { break }
            found.append(slot.record)
            sequence = slot.previousOfSource
        }
        found.reverse()
        return found
    }

    private func holds(_ sequence: Sequence) -> Bool {
        sequence != .none && total - sequence.number < UInt64(truncatingIfNeeded: slots.count)
    }

    private func position(of number: UInt64) -> Int {
        Int(truncatingIfNeeded: (number &- 1) % UInt64(truncatingIfNeeded: capacity))
    }
}
