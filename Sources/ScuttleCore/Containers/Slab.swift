/// A part of a chunk that is cut into blocks of one size. It stands at a multiple of its size, and begins with what is here;
/// a block so finds its slab.
struct Slab: Chained {
    static var bytes: Int { 1 << 16 }
    /// Blocks are multiples of this long.
    static var step: Int { 8 }
    /// What is in front of the blocks: this, and in the first slab of a chunk the chunk's.
    private static var headBytes: Int { MemoryLayout<Slab>.stride + MemoryLayout<Chunk>.stride }

    var links = Chain<Slab>.Links()
    let pool: UnsafeMutableRawPointer
    /// How long its blocks are, in steps, less one.
    let size: Int
    private(set) var used = 0
    /// From here on no block has been used yet, and behind the limit no block begins.
    private var fresh: UnsafeMutableRawPointer
    private let limit: UnsafeMutableRawPointer
    /// Each freed block begins with the address of the next.
    private var freed: UnsafeMutableRawPointer?

    init(at start: UnsafeMutableRawPointer, of pool: UnsafeMutableRawPointer, size: Int) {
        self.pool = pool
        self.size = size
        fresh = start + Self.headBytes
        limit = start + Self.bytes - (size + 1) * Self.step
    }

    var isFull: Bool { freed == nil && fresh > limit }

    /// A block; it is not full.
    @_optimize(speed)
    mutating func take() -> UnsafeMutableRawPointer {
        used += 1
        if let block = freed {
            freed = block.load(as: UnsafeMutableRawPointer?.self)
            return block
        }
        defer { fresh += (size + 1) * Self.step }
        return fresh
    }

    mutating func putBack(_ block: UnsafeMutableRawPointer) {
        used -= 1
        block.storeBytes(of: freed, as: UnsafeMutableRawPointer?.self)
        freed = block
    }

    static func holding(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Slab> {
        block.alignedDown(to: bytes).assumingMemoryBound(to: Slab.self)
    }
}

extension UnsafeMutableRawPointer {
    /// The last multiple of a power of two that is not behind it.
    func alignedDown(to power: Int) -> UnsafeMutableRawPointer {
        self - Int(UInt(bitPattern: self) & UInt(power - 1))
    }
}
