/// A sorted map from dots to values, in order of source and version, for dots that arrive in any order.
///
/// A list of sorted chunks. Find, insert and remove: O(log n), and half of a chunk moves. A full chunk splits into two, which
/// moves 16 bytes for each chunk behind it, once in 32 inserts. It is an object, because most of its possible owners have none.
/// Memory: 24 bytes a slot; chunks are at least half full, except after removals.
final class DotOrder {
    struct Slot: BitwiseCopyable {
        let dot: Dot
        let value: UInt32
    }

    /// A chunk: a range of `slots`.
    private struct Chunk: BitwiseCopyable {
        let start: UInt32
        var count: UInt32
    }

    private static var capacity: Int { 64 }

    private var slots = Column<Slot>()
    private var chunks = Column<Chunk>()
    /// The starts of chunks that were removed.
    private var free = Column<UInt32>()
    private(set) var count = 0
    /// A counter that each change increases.
    private(set) var changes: UInt64 = 0

    /// Returns the first slot at or behind a dot.
    @inline(never)
    func first(from dot: Dot) -> Slot? {
        let (chunk, position) = position(of: dot)
        guard chunk < chunks.count else { return nil }
        if position < end(of: chunk) { return slots[position] }
        // No chunk is empty.
        return chunk + 1 < chunks.count ? slots[Int(chunks[chunk + 1].start)] : nil
    }

    /// Returns the value of a dot; nil if it is not in the map.
    func find(_ dot: Dot) -> UInt32? {
        first(from: dot).flatMap { $0.dot == dot ? $0.value : nil }
    }

    /// Visits all slots in order.
    func forEach(_ visit: (Slot) -> Void) {
        for chunk in 0..<chunks.count {
            for position in Int(chunks[chunk].start)..<end(of: chunk) { visit(slots[position]) }
        }
    }

    /// Visits the slots of a source with versions above `low` and up to `high`. O(log n) for each.
    @inline(never)
    func forEach(of source: SourceID, above low: Version, upTo high: Version, _ visit: (Slot) -> Void) {
        var version = low
        while version < high, let slot = first(from: Dot(source: source, version: version + 1)),
            slot.dot.source == source, slot.dot.version <= high
        {
            version = slot.dot.version
            visit(slot)
        }
    }

    /// Inserts a dot, or replaces its value.
    @inline(never)
    func insert(_ dot: Dot, _ value: UInt32) {
        changes += 1
        if chunks.isEmpty { addChunk(at: 0) }
        var (chunk, position) = position(of: dot)
        let slot = Slot(dot: dot, value: value)
        if position < end(of: chunk), slots[position].dot == dot {
            slots[position] = slot
            return
        }
        if Int(chunks[chunk].count) == Self.capacity {
            let half = Self.capacity / 2
            addChunk(at: chunk + 1)
            let (from, to) = (Int(chunks[chunk].start) + half, Int(chunks[chunk + 1].start))
            for index in 0..<half { slots[to + index] = slots[from + index] }
            chunks[chunk].count = UInt32(half)
            chunks[chunk + 1].count = UInt32(half)
            if position > from { (chunk, position) = (chunk + 1, to + position - from) }
        }
        var end = end(of: chunk)
        while end > position {
            slots[end] = slots[end - 1]
            end -= 1
        }
        slots[position] = slot
        chunks[chunk].count += 1
        count += 1
    }

    /// Removes a dot, if it is in the map.
    @inline(never)
    func remove(_ dot: Dot) {
        let (chunk, position) = position(of: dot)
        guard chunk < chunks.count, position < end(of: chunk), slots[position].dot == dot else { return }
        changes += 1
        count -= 1
        for index in position..<end(of: chunk) - 1 { slots[index] = slots[index + 1] }
        chunks[chunk].count -= 1
        guard chunks[chunk].count == 0 else { return }
        free.append(chunks[chunk].start)
        chunks.remove(at: chunk)
    }

    private func end(of chunk: Int) -> Int {
        Int(chunks[chunk].start + chunks[chunk].count)
    }

    /// Returns the last chunk that begins at or before a dot, or the first chunk, and the dot's position in `slots`, whether it
    /// is there or not.
    @inline(never)
    private func position(of dot: Dot) -> (chunk: Int, position: Int) {
        let chunk = max(0, chunks.partition { Self.precedes(dot, slots[Int($0.start)].dot) } - 1)
        guard chunk < chunks.count else { return (0, 0) }
        let range = Int(chunks[chunk].start)..<end(of: chunk)
        return (chunk, range.partition { !Self.precedes(slots[$0].dot, dot) })
    }

    private func addChunk(at position: Int) {
        if let start = free.popLast() { return chunks.insert(Chunk(start: start, count: 0), at: position) }
        chunks.insert(Chunk(start: UInt32(truncatingIfNeeded: slots.count), count: 0), at: position)
        let empty = Slot(dot: Dot(source: 0, version: 0), value: 0)
        for _ in 0..<Self.capacity { slots.append(empty) }
    }

    private static func precedes(_ a: Dot, _ b: Dot) -> Bool {
        a.source != b.source ? a.source < b.source : a.version < b.version
    }
}
