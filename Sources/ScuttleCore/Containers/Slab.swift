/// A part of a chunk that is cut into blocks of one size. It is aligned to its size and begins with this header, so a block's
/// address leads to its slab.
struct Slab: Chained {
    static var bytes: Int { 1 << 16 }
    /// The granularity of block sizes.
    static var step: Int { 8 }
    /// The bytes in front of the blocks: this header, and in the first slab of a chunk the chunk's.
    private static var headBytes: Int { MemoryLayout<Slab>.stride + MemoryLayout<Chunk>.stride }

    var links = Chain<Slab>.Links()
    let pool: UnsafeMutableRawPointer
    /// The size of its blocks, in steps, less one.
    let size: Int
    private(set) var used = 0
    /// The first block that was never used; no block begins behind the limit.
    private var fresh: UnsafeMutableRawPointer
    private let limit: UnsafeMutableRawPointer
    /// The first freed block. Each begins with the address of the next.
    private var freed: UnsafeMutableRawPointer?

    init(at start: UnsafeMutableRawPointer, of pool: UnsafeMutableRawPointer, size: Int) {
        self.pool = pool
        self.size = size
        fresh = start + Self.headBytes
        limit = start + Self.bytes - (size + 1) * Self.step
    }

    var isFull: Bool { freed == nil && fresh > limit }

    /// Allocates a block. The slab must not be full.
    @_optimize(speed)
    mutating func allocate() -> UnsafeMutableRawPointer {
        used += 1
        if let block = freed {
            freed = block.load(as: UnsafeMutableRawPointer?.self)
            return block
        }
        defer { fresh += (size + 1) * Self.step }
        return fresh
    }

    mutating func free(_ block: UnsafeMutableRawPointer) {
        used -= 1
        block.storeBytes(of: freed, as: UnsafeMutableRawPointer?.self)
        freed = block
    }

    static func holding(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Slab> {
        block.alignedDown(to: bytes).assumingMemoryBound(to: Slab.self)
    }
}

extension UnsafeMutableRawPointer {
    /// Rounds an address down to a multiple of a power of two.
    func alignedDown(to power: Int) -> UnsafeMutableRawPointer {
        self - Int(UInt(bitPattern: self) & UInt(power - 1))
    }
}
