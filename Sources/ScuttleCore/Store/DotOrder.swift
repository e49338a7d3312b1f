/// Dots in order of source and version, each with a number: of what arrives in any order and is looked for in order.
///
/// A list of sorted chunks. Find, insert and remove: O(log n), and the half of a chunk moves. A chunk that is full becomes two,
/// which moves 16 bytes for each chunk behind it, once in 32 inserts. An object of its own, since most owners that may have one
/// have none. Memory: 24 bytes a slot; chunks are half full at least, but for what was removed.
final class DotOrder {
    struct Slot: BitwiseCopyable {
        let dot: Dot
        let number: UInt32
    }

    /// A part of `slots`.
    private struct Chunk: BitwiseCopyable {
        let start: UInt32
        var count: UInt32
    }

    private static var capacity: Int { 64 }

    private var slots = Column<Slot>()
    private var chunks = Column<Chunk>()
    /// Where chunks began that are no more.
    private var free = Column<UInt32>()
    private(set) var count = 0
    /// Grows with each change.
    private(set) var changes: UInt64 = 0

    /// The first slot that does not stand before a dot.
    @inline(never)
    func first(from dot: Dot) -> Slot? {
        let (chunk, position) = place(of: dot)
        guard chunk < chunks.count else { return nil }
        if position < end(of: chunk) { return slots[position] }
        // No chunk is empty.
        return chunk + 1 < chunks.count ? slots[Int(chunks[chunk + 1].start)] : nil
    }

    /// The number of a dot.
    func find(_ dot: Dot) -> UInt32? {
        first(from: dot).flatMap { $0.dot == dot ? $0.number : nil }
    }

    /// Visits all slots in order.
    func forEach(_ visit: (Slot) -> Void) {
        for chunk in 0..<chunks.count {
            for position in Int(chunks[chunk].start)..<end(of: chunk) { visit(slots[position]) }
        }
    }

    /// Visits the slots of a source above a version and up to another one. O(log n) for each.
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

    /// Adds a dot, or gives it another number.
    @inline(never)
    func insert(_ dot: Dot, _ number: UInt32) {
        changes += 1
        if chunks.isEmpty { addChunk(at: 0) }
        var (chunk, position) = place(of: dot)
        let slot = Slot(dot: dot, number: number)
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

    /// Takes out a dot if it is there.
    @inline(never)
    func remove(_ dot: Dot) {
        let (chunk, position) = place(of: dot)
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

    /// Where a dot stands, or would: the last chunk that begins at or before it, unless it stands before all; and the position in
    /// `slots`.
    @inline(never)
    private func place(of dot: Dot) -> (chunk: Int, position: Int) {
        let chunk = max(0, chunks.partition { Self.precedes(dot, slots[Int($0.start)].dot) } - 1)
        guard chunk < chunks.count else { return (0, 0) }
        let range = Int(chunks[chunk].start)..<end(of: chunk)
        return (chunk, range.partition { !Self.precedes(slots[$0].dot, dot) })
    }

    private func addChunk(at position: Int) {
        if let start = free.popLast() { return chunks.insert(Chunk(start: start, count: 0), at: position) }
        chunks.insert(Chunk(start: UInt32(truncatingIfNeeded: slots.count), count: 0), at: position)
        let empty = Slot(dot: Dot(source: 0, version: 0), number: 0)
        for _ in 0..<Self.capacity { slots.append(empty) }
    }

    private static func precedes(_ a: Dot, _ b: Dot) -> Bool {
        a.source != b.source ? a.source < b.source : a.version < b.version
    }
}
