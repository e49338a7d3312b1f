import CHints

/// What the pool takes from the system at once: as much as a large page, cut into slabs. It stands at a multiple of its size;
/// what is here stands in the first slab, behind the slab's own.
struct Chunk: Chained {
    static var bytes: Int { Int(hint_large_page) }
    private static var offset: Int { MemoryLayout<Slab>.stride }

    var links = Chain<Chunk>.Links()
    /// A bit for each.
    private var freeSlabs = UInt32.max

    var isFull: Bool { freeSlabs == 0 }
    var isEmpty: Bool { freeSlabs == .max }

    /// One that the caller frees; a large page, which is resident at once, or small ones. Nil if there is no memory.
    static func make(large: Bool) -> UnsafeMutablePointer<Chunk>? {
        guard let start = hint_try_aligned(bytes) else { return nil }
        if large { hint_will_use(start, bytes) }
        return (start + offset).initializeMemory(as: Chunk.self, to: Chunk())
    }

    static func free(_ chunk: UnsafeMutablePointer<Chunk>) {
        start(of: chunk).deallocate()
    }

    /// The memory of a slab; it is not full.
    static func takeSlab(_ chunk: UnsafeMutablePointer<Chunk>) -> UnsafeMutableRawPointer {
        let place = chunk.pointee.freeSlabs.trailingZeroBitCount
        chunk.pointee.freeSlabs &= ~(1 << UInt32(truncatingIfNeeded: place))
        return start(of: chunk) + place * Slab.bytes
    }

    static func putBack(_ slab: UnsafeMutablePointer<Slab>, _ chunk: UnsafeMutablePointer<Chunk>) {
        let place = (UnsafeMutableRawPointer(slab) - start(of: chunk)) / Slab.bytes
        chunk.pointee.freeSlabs |= 1 << UInt32(truncatingIfNeeded: place)
    }

    static func holding(_ slab: UnsafeMutablePointer<Slab>) -> UnsafeMutablePointer<Chunk> {
        (UnsafeMutableRawPointer(slab).alignedDown(to: bytes) + offset).assumingMemoryBound(to: Chunk.self)
    }

    private static func start(of chunk: UnsafeMutablePointer<Chunk>) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(chunk) - offset
    }
}
