/// A map from numbers of sources to numbers that are not 0. Absent is 0, and so is what was set to 0.
///
/// Open addressing with linear probing, from a start that peers cannot know, since they choose which sources they name. Find and
/// set: O(1) expected, and O(entries) each time that it grows by a quarter. Memory: 13 to 15 bytes an entry once there are some; 17 to 25
/// in a roomy one, in which nothing is looked at long.
class SourceMap {
    /// 12 bytes, so that no padding stands between two.
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

    /// Its own, so that a write need not look whether somebody shares them.
    private final var slots: UnsafeMutablePointer<Entry>?
    private final var capacity = 0
    /// How many slots are taken, those with 0 included.
    private(set) final var count = 0
    /// Where the last one stood that was found: updates of one source come in runs.
    private final var recent = 0

    private final let isRoomy: Bool

    init(isRoomy: Bool = false) {
        self.isRoomy = isRoomy
    }

    /// Whether the next new entry makes it grow.
    final var isFull: Bool { (count + 1) * 10 > capacity * (isRoomy ? 7 : 9) }

    deinit { slots?.deallocate() }

    @inline(never)
    @_optimize(speed)
    final subscript(id: SourceID) -> UInt64 {
        guard let slots, let place = find(id, slots) else { return 0 }
        return slots[place].value
    }

    /// Raises the value of an entry. False if there is none.
    @inline(never)
    @_optimize(speed)
    final func raise(_ id: SourceID, to value: UInt64) -> Bool {
        guard let slots, let place = find(id, slots), slots[place].value > 0 else { return false }
        if slots[place].value < value { slots[place].value = value }
        return true
    }

    @inline(never)
    final func set(_ id: SourceID, to value: UInt64) {
        if let slots, let place = find(id, slots) {
            slots[place].value = value
        } else if value > 0 {
            if isFull { grow() }
            insert(
                Entry(
                    id: id, low: UInt32(truncatingIfNeeded: value), high: UInt32(truncatingIfNeeded: value >> 32)))
        }
    }

    /// Entries stand at places below this, in no order.
    final var places: Int { capacity }

    /// What stands at a place; where nothing does, 0 of no source.
    final func entry(at place: Int) -> (id: SourceID, value: UInt64) {
        guard let slots, place < capacity else { return (.max, 0) }
        return (slots[place].id, slots[place].value)
    }

    @inline(__always)
    private final func home(of id: SourceID) -> Int {
        let seed = UInt64(UInt(bitPattern: ObjectIdentifier(self)))
        // Once would not do: numbers follow each other, and so would their homes, every 113th in one place.
        let mixed =
            FoldHash.fold(
                FoldHash.fold(UInt64(id) ^ FoldHash.key.0, seed ^ FoldHash.key.1), FoldHash.key.2) >> 32
        return Int(truncatingIfNeeded: (mixed &* UInt64(truncatingIfNeeded: capacity)) >> 32)
    }

    @inline(__always)
    private final func find(_ id: SourceID, _ slots: UnsafeMutablePointer<Entry>) -> Int? {
        if slots[recent].id == id { return recent }
        var place = home(of: id)
        while slots[place].id != id {
            if slots[place].id == .max { return nil }
            place = place + 1 == capacity ? 0 : place + 1
        }
        recent = place
        return place
    }

    private final func insert(_ entry: Entry) {
        guard let slots else { return }
        var place = home(of: entry.id)
        while slots[place].id != .max { place = place + 1 == capacity ? 0 : place + 1 }
        slots[place] = entry
        count += 1
    }

    /// Makes room for a quarter more than there is, and forgets what has become 0.
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
