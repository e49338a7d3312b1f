import CHints

/// The unit in which a pool allocates from the system: as long as a large page, aligned to its size, and cut into slabs. This
/// header lies in the first slab, behind the header of that slab.
struct Chunk: Chained {
    static var bytes: Int { Int(hint_large_page) }
    private static var offset: Int { MemoryLayout<Slab>.stride }

    var links = Chain<Chunk>.Links()
    /// One bit for each free slab.
    private var freeSlabs = UInt32.max

    var isFull: Bool { freeSlabs == 0 }
    var isEmpty: Bool { freeSlabs == .max }

    /// Allocates a chunk that the caller frees. A large page is resident at once; small ones are not. Nil if there is no
    /// memory.
    static func make(large: Bool) -> UnsafeMutablePointer<Chunk>? {
        guard let start = hint_try_aligned(bytes) else { return nil }
        if large { hint_will_use(start, bytes) }
        return (start + offset).initializeMemory(as: Chunk.self, to: Chunk())
    }

    static func free(_ chunk: UnsafeMutablePointer<Chunk>) {
        start(of: chunk).deallocate()
    }

    /// Allocates a slab. The chunk must not be full.
    static func allocateSlab(_ chunk: UnsafeMutablePointer<Chunk>) -> UnsafeMutableRawPointer {
        let index = chunk.pointee.freeSlabs.trailingZeroBitCount
        chunk.pointee.freeSlabs &= ~(1 << UInt32(truncatingIfNeeded: index))
        return start(of: chunk) + index * Slab.bytes
    }

    static func freeSlab(_ slab: UnsafeMutablePointer<Slab>, _ chunk: UnsafeMutablePointer<Chunk>) {
        let index = (UnsafeMutableRawPointer(slab) - start(of: chunk)) / Slab.bytes
        chunk.pointee.freeSlabs |= 1 << UInt32(truncatingIfNeeded: index)
    }

    static func holding(_ slab: UnsafeMutablePointer<Slab>) -> UnsafeMutablePointer<Chunk> {
        (UnsafeMutableRawPointer(slab).alignedDown(to: bytes) + offset).assumingMemoryBound(to: Chunk.self)
    }

    private static func start(of chunk: UnsafeMutablePointer<Chunk>) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(chunk) - offset
    }
}
