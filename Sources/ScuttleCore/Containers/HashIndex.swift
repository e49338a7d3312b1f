import CHints

/// A hash table from hashes to 32-bit ids, such as key ids and source ids.
///
/// Open addressing with linear probing in one array of 8-byte slots, at most three quarters full. A slot holds the high half of
/// the hash and the id plus one, so growing needs no access to the keys, and a miss rarely compares one. Find, insert and
/// remove: O(1) expected.
struct HashIndex: ~Copyable {
    private var slots: UnsafeMutablePointer<UInt64>
    private var mask: Int
    private var count = 0

    init() {
        mask = 15
        slots = hint_grow(nil, 0, Self.bytes(mask + 1), 1).initializeMemory(
            as: UInt64.self, repeating: 0, count: mask + 1)
    }

    deinit {
        hint_free(slots, Self.bytes(mask + 1), 1)
    }

    private static func bytes(_ slots: Int) -> Int {
        slots * MemoryLayout<UInt64>.stride
    }

    /// Prefetches the slot at which the search for `hash` begins, because in a large table a cache miss costs more than the
    /// rest of a write. O(1).
    func expect(_ hash: UInt64) {
        hint_will_read(slots + (Int(truncatingIfNeeded: hash >> 32) & mask))
    }

    /// Returns the id under `hash` that `matches` accepts; nil if there is none.
    @inline(__always)
    func find(_ hash: UInt64, where matches: (UInt32) -> Bool) -> UInt32? {
        let tag = hash >> 32
        var position = Int(truncatingIfNeeded: tag) & mask
        while slots[position] != 0 {
            let slot = slots[position]
            if slot >> 32 == tag {
                let number = UInt32(truncatingIfNeeded: slot) - 1
                if matches(number) { return number }
            }
            position = (position + 1) & mask
        }
        return nil
    }

    /// Inserts an id, below 2^32-1, that is not in the table yet.
    @_optimize(speed)
    mutating func insert(_ hash: UInt64, _ number: UInt32) {
        if (count + 1) * 4 > (mask + 1) * 3 { grow() }
        store((hash & ~0xffff_ffff) | (UInt64(number) + 1))
        count += 1
    }

    /// Removes an id under `hash`, and returns whether it was there. The slots behind it in its run move up, so the table needs
    /// no marks for removed slots.
    @discardableResult
    mutating func remove(_ hash: UInt64, _ number: UInt32) -> Bool {
        let slot = (hash & ~0xffff_ffff) | (UInt64(number) + 1)
        var gap = Int(truncatingIfNeeded: hash >> 32) & mask
        while slots[gap] != slot {
            guard slots[gap] != 0 else { return false }
            gap = (gap + 1) & mask
        }
        count -= 1
        var position = (gap + 1) & mask
        while slots[position] != 0 {
            let home = Int(truncatingIfNeeded: slots[position] >> 32) & mask
            // It may move into the gap unless its home lies between the gap and itself.
            if (position - home) & mask >= (position - gap) & mask {
                slots[gap] = slots[position]
                gap = position
            }
            position = (position + 1) & mask
        }
        slots[gap] = 0
        return true
    }

    private func store(_ slot: UInt64) {
        var position = Int(truncatingIfNeeded: slot >> 32) & mask
        while slots[position] != 0 { position = (position + 1) & mask }
        slots[position] = slot
    }

    /// Doubles the slots in place. Each id moves into the new half or stays in the old one, not further from its home. The walk
    /// begins behind an empty slot, so each id finds a free slot among those that have moved.
    @_optimize(speed)
    private mutating func grow() {
        let old = mask + 1
        // Large pages, because each search looks at a random slot, and would miss the TLB with small pages.
        slots = hint_grow(slots, Self.bytes(old), Self.bytes(2 * old), 1).bindMemory(to: UInt64.self, capacity: 2 * old)
        mask = 2 * old - 1
        (slots + old).initialize(repeating: 0, count: old)
        var start = 0
        while slots[start] != 0 { start += 1 }
        for step in 1..<old {
            let position = (start + step) & (old - 1)
            let slot = slots[position]
            guard slot != 0 else { continue }
            slots[position] = 0
            store(slot)
        }
    }
}
