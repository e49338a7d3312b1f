/// The latest updates in order of arrival, in a ring. Log deltas, live links and `updates(of:above:)` read it. Peers that lag
/// further receive state deltas, so its length is a matter of taste.
///
/// Owns one reference to each record in it. The updates of one source are chained from the newest back, so that those above a
/// version are found without a search. Within a source versions ascend in order of arrival, because a covered update is not
/// accepted again. Updates that a host has written into the history stand outside these chains, and go to no peer that relies on
/// covers.
///
/// Append: O(1), whatever the length. Memory grows with the updates up to `capacity`. A compaction by the host keeps the numbers
/// of the remaining updates, and leaves gaps between them: until these gaps are gone, a number is searched for.
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
        fileprivate var previousOfSource: Sequence

        /// Whether a host has written the update, so that no peer accounts for it.
        var isForeign: Bool { since == .max }
    }

    let capacity: Int
    private var slots = Column<Slot>()
    private var total: UInt64 = 0
    /// The position of the next update.
    private var next = 0
    /// The number of updates that fit in: `capacity`, or as many as the host keeps for now.
    private(set) var currentCapacity: Int
    /// The numbers of all slots if they have gaps; otherwise empty.
    private var numbers = Column<UInt64>()
    private var foreignCount = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        currentCapacity = self.capacity
    }

    deinit {
        for position in 0..<slots.count { slots[position].record.release() }
    }

    /// The number of the next update.
    var end: UInt64 { total + 1 }

    var count: Int { slots.count }

    /// The number of oldest updates that the next `append` will drop.
    var doomedCount: Int { slots.count < currentCapacity ? 0 : slots.count - capacity + 1 }

    /// Appends an update of a source, and retains its record. If the ring is full, drops the oldest update, whose source's floor
    /// rises.
    /// - Returns: the source of the dropped update.
    @discardableResult
    @_optimize(speed)
    mutating func append(_ record: Record, of source: Source, in sources: borrowing SourceTable) -> SourceID? {
        let slot = Slot(record: record, since: source.reach, previousOfSource: source.newestUpdate)
        let passed = put(slot, in: sources)
        if record.isRepublished { sources[record.timestamp.source].timestampCount += 1 }
        source.newestUpdate = Sequence(number: total)
        source.extendReach(to: record.version)
        return passed
    }

    /// Appends an update of a host's, whose version no peer relies on. Its source keeps its number while the update stands here.
    mutating func appendForeign(_ record: Record, in sources: borrowing SourceTable) -> SourceID? {
        sources[record.source].timestampCount += 1
        foreignCount += 1
        return put(Slot(record: record, since: .max, previousOfSource: .none), in: sources)
    }

    @inline(__always)
    private mutating func put(_ slot: Slot, in sources: borrowing SourceTable) -> SourceID? {
        slot.record.retain()
        var passed: SourceID?
        total &+= 1
        if slots.count < currentCapacity {
            slots.append(slot)
        } else {
            passed = slots[next].record.source
            drop(slots[next], in: sources)
            slots[next] = slot
        }
        if !numbers.isEmpty { putNumber() }
        next = next + 1 == currentCapacity ? 0 : next + 1
        return passed
    }

    @inline(never)
    private mutating func putNumber() {
        if next == numbers.count { numbers.append(total) } else { numbers[next] = total }
        let oldest = next + 1 < slots.count ? next + 1 : 0
        if numbers[oldest] + UInt64(truncatingIfNeeded: slots.count) == end { numbers.clear() }
    }

    @_optimize(speed)
    private mutating func drop(_ slot: Slot, in sources: borrowing SourceTable) {
        let record = slot.record
        if slot.isForeign {
            foreignCount -= 1
            sources[record.source].timestampCount -= 1
        } else {
            sources[record.source].raiseFloor(to: record.version)
            if record.isRepublished { sources[record.timestamp.source].timestampCount -= 1 }
        }
        record.release()
    }

    /// Returns whether the history has an update of a source.
    func holdsAny(of source: Source) -> Bool { holds(source.newestUpdate) }

    /// The update with a number; nil if it was dropped or is still to come.
    @inline(__always)
    subscript(number: UInt64) -> Slot? {
        position(of: number).map { slots[$0] }
    }

    /// Returns the updates of a source above `version`, oldest first, borrowed. O(updates found), or O(history) if a host has
    /// written to it.
    func updates(of source: Source, above version: Version) -> [Record] {
        var found: [Record] = []
        if foreignCount > 0 {
            forEach { slot in
                if slot.record.source == source.index, slot.record.version > version { found.append(slot.record) }
            }
            return found.arranged { $0.version < $1.version }
        }
        visitBack(source, above: version) { _, slot in found.append(slot.record) }
        found.reverse()
        return found
    }

    /// Returns the number of a source's first update above `version`; nil if there is none. O(updates found).
    func first(of source: Source, above version: Version) -> UInt64? {
        var first: UInt64?
        visitBack(source, above: version) { number, _ in first = number }
        return first
    }

    private func visitBack(_ source: Source, above version: Version, _ visit: (UInt64, Slot) -> Void) {
        var sequence = source.newestUpdate
        while let position = position(of: sequence.number) {
            let slot = slots[position]
            guard slot.record.version > version else { break }
            visit(sequence.number, slot)
            sequence = slot.previousOfSource
        }
    }

    private func holds(_ sequence: Sequence) -> Bool { position(of: sequence.number) != nil }

    /// Returns the position of the update with a number, as far before the next position as the number is before the next one.
    @inline(__always)
    private func position(of number: UInt64) -> Int? {
        guard number != 0, number <= total else { return nil }
        guard numbers.isEmpty else { return sparsePosition(of: number) }
        guard total - number < UInt64(truncatingIfNeeded: slots.count) else { return nil }
        let position = next - Int(truncatingIfNeeded: end - number)
        return position < 0 ? position + currentCapacity : position
    }

    /// O(log n).
    @inline(never)
    private func sparsePosition(of number: UInt64) -> Int? {
        let index = (0..<slots.count).partition { numbers[position(at: $0)] >= number }
        guard index < slots.count, numbers[position(at: index)] == number else { return nil }
        return position(at: index)
    }

    // MARK: In order

    /// Returns the position of the update at `index` in order of arrival; 0 is the oldest.
    private func position(at index: Int) -> Int {
        guard slots.count == currentCapacity else { return index }
        let position = next + index
        return position < slots.count ? position : position - slots.count
    }

    private func number(at index: Int) -> UInt64 {
        numbers.isEmpty
            ? end - UInt64(truncatingIfNeeded: slots.count - index) : numbers[position(at: index)]
    }

    /// Visits all slots, oldest first.
    func forEach(_ visit: (Slot) -> Void) {
        for index in 0..<slots.count { visit(slots[position(at: index)]) }
    }

    // MARK: Compaction

    /// Drops the updates that the host does not keep, by one decision for each, oldest first. Returns their sources. O(n).
    mutating func trim(_ isDropped: [Bool], in sources: borrowing SourceTable) -> [SourceID] {
        rebuild(capacity: currentCapacity, isDropped, in: sources)
    }

    /// Raises the number of updates that the history holds before it drops any. O(n).
    mutating func keep(upTo count: Int, in sources: borrowing SourceTable) {
        _ = rebuild(capacity: count, [Bool](repeating: false, count: slots.count), in: sources)
    }

    /// Drops the oldest updates until one more is within `capacity`, which is the limit from now on. Returns their sources. O(n).
    mutating func shrinkToCapacity(in sources: borrowing SourceTable) -> [SourceID] {
        dropOldest(max(0, slots.count - capacity + 1), capacity: capacity, in: sources)
    }

    /// Drops the oldest `surplus` updates. Returns their sources. O(n).
    mutating func dropOldest(_ surplus: Int, capacity: Int, in sources: borrowing SourceTable) -> [SourceID] {
        rebuild(capacity: capacity, (0..<slots.count).map { $0 < surplus }, in: sources)
    }

    /// Puts the remaining updates in order from the front, and chains them anew. Returns the sources of the others.
    private mutating func rebuild(capacity: Int, _ isDropped: [Bool], in sources: borrowing SourceTable) -> [SourceID] {
        var gone: [SourceID] = []
        let order = (0..<slots.count).map { (slots[position(at: $0)], number(at: $0)) }
        for (slot, _) in order { sources[slot.record.source].newestUpdate = .none }
        slots.clear()
        numbers.clear()
        for (index, (old, number)) in order.enumerated() {
            var slot = old
            if isDropped[index] {
                gone.append(slot.record.source)
                drop(slot, in: sources)
                continue
            }
            if !slot.isForeign {
                let source = sources[slot.record.source]
                slot.previousOfSource = source.newestUpdate
                source.newestUpdate = Sequence(number: number)
            }
            slots.append(slot)
            numbers.append(number)
        }
        currentCapacity = capacity
        next = slots.count == capacity ? 0 : slots.count
        if slots.isEmpty || numbers[0] + UInt64(truncatingIfNeeded: slots.count) == end { numbers.clear() }
        return gone
    }
}
