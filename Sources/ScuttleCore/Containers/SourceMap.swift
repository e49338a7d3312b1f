/// A map from source ids to numbers. A source that is not in the map has 0, and 0 removes it.
///
/// Open addressing with linear probing. The hash has a secret start, because peers choose which sources they name. Find and
/// set: O(1) expected, and O(entries) each time that the map grows by a quarter. Memory: 13 to 15 bytes an entry once there are
/// some; 17 to 25 in a roomy map, whose searches are short.
class SourceMap {
    /// An entry of 12 bytes, so that no padding lies between two.
    private struct Entry: BitwiseCopyable {
        var id: SourceID
        var low: UInt32
        var high: UInt32

        static var none: Entry { Entry(id: .max, low: 0, high: 0) }

        var value: UInt64 {
            get { UInt64(high) << 32 | UInt64(low) }
            set { (low, high) = (UInt32(truncatingIfNeeded: newValue), UInt32(truncatingIfNeeded: newValue >> 32)) }
        }
    }

    /// Memory of its own, so that a write need not check for other owners.
    private final var slots: UnsafeMutablePointer<Entry>?
    private final var capacity = 0
    /// The count of used slots, those with 0 included.
    private(set) final var count = 0
    /// The slot that was found last: updates of one source arrive in runs.
    private final var recent = 0

    private final let isRoomy: Bool

    init(isRoomy: Bool = false) {
        self.isRoomy = isRoomy
    }

    /// Whether the next new entry makes the map grow.
    final var isFull: Bool { (count + 1) * 10 > capacity * (isRoomy ? 7 : 9) }

    deinit { slots?.deallocate() }

    @inline(never)
    @_optimize(speed)
    final subscript(id: SourceID) -> UInt64 {
        guard let slots, let slot = find(id, slots) else { return 0 }
        return slots[slot].value
    }

    /// Raises the value of an entry. Returns false if there is none.
    @inline(never)
    @_optimize(speed)
    final func raise(_ id: SourceID, to value: UInt64) -> Bool {
        guard let slots, let slot = find(id, slots), slots[slot].value > 0 else { return false }
        if slots[slot].value < value { slots[slot].value = value }
        return true
    }

    @inline(never)
    final func set(_ id: SourceID, to value: UInt64) {
        if let slots, let slot = find(id, slots) {
            slots[slot].value = value
        } else if value > 0 {
            if isFull { grow() }
            insert(
                Entry(
                    id: id, low: UInt32(truncatingIfNeeded: value), high: UInt32(truncatingIfNeeded: value >> 32)))
        }
    }

    /// The capacity: entries are at offsets below this, in no order.
    final var places: Int { capacity }

    /// Returns the entry at an offset; 0 of no source for a free slot.
    final func entry(at slot: Int) -> (id: SourceID, value: UInt64) {
        guard let slots, slot < capacity else { return (.max, 0) }
        return (slots[slot].id, slots[slot].value)
    }

    @inline(__always)
    private final func home(of id: SourceID) -> Int {
        let seed = UInt64(UInt(bitPattern: ObjectIdentifier(self)))
        // Two rounds, because source ids are consecutive and with one round every 113th would have the same home.
        let mixed =
            FoldHash.fold(
                FoldHash.fold(UInt64(id) ^ FoldHash.key.0, seed ^ FoldHash.key.1), FoldHash.key.2) >> 32
        return Int(truncatingIfNeeded: (mixed &* UInt64(truncatingIfNeeded: capacity)) >> 32)
    }

    @inline(__always)
    private final func find(_ id: SourceID, _ slots: UnsafeMutablePointer<Entry>) -> Int? {
        if slots[recent].id == id { return recent }
        var slot = home(of: id)
        while slots[slot].id != id {
            if slots[slot].id == .max { return nil }
            slot = slot + 1 == capacity ? 0 : slot + 1
        }
        recent = slot
        return slot
    }

    private final func insert(_ entry: Entry) {
        guard let slots else { return }
        var slot = home(of: entry.id)
        while slots[slot].id != .max { slot = slot + 1 == capacity ? 0 : slot + 1 }
        slots[slot] = entry
        count += 1
    }

    /// Grows by a quarter, and drops entries that have become 0.
    @inline(never)
    private final func grow() {
        let old = UnsafeMutableBufferPointer(start: slots, count: capacity)
        var left = 0
        for entry in old where entry.value > 0 { left += 1 }
        capacity = 4 + left + (isRoomy ? left : left / 4)
        let new = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        new.initialize(repeating: .none, count: capacity)
        (slots, count, recent) = (new, 0, 0)
        for entry in old where entry.value > 0 { insert(entry) }
        old.deallocate()
    }
}
