/// Memory for the records of a replica that has many: blocks of one size side by side, in chunks as long as a large page.
///
/// The system's allocator hands out a record as quickly, but in small pages: taking those into use, and finding them again,
/// is the dearest part of a write to a large map. So chunks are taken from the system, a chunk is cut into slabs, and a slab
/// into blocks of one size. A freed block waits in its slab for a record of that size, an empty slab in its chunk for any
/// size, and an empty chunk goes back. After Bonwick, "The Slab Allocator", USENIX Summer 1994.
///
/// It serves nothing until it is opened, since a replica with few keys is smaller without. Blocks may outlive it. A block keeps
/// its slab to blocks of its size, so somebody who writes many records of each size and leaves a few behind could keep most
/// of the pool idle: while more slabs have room than have none, it takes no chunk more, and serves nothing that would need one.
///
/// Invariants: a slab stands in `roomySlabs` of its size exactly while it has room, a chunk in `roomyChunks` while a slab of
/// it is free. No slab is empty, and at most one chunk, the spare one. Allocate and free: O(1), and a call of the system for
/// each chunk. Memory: blocks are rounded up to 8 bytes, the head of a slab has 88; beside a slab of each size and a chunk, at
/// most as much is idle as was full when the last chunk was taken.
struct RecordPool: ~Copyable {
    /// Longer blocks are not served: what the system's allocator wastes with them is little.
    static var longest: Int { 512 }

    private var state: UnsafeMutablePointer<State>?
    /// Of longer blocks, and of all while it is not open.
    let heap = RecordHeap()
    var isOpen: Bool { state != nil }

    /// How many it holds.
    var chunkCount: Int { state?.pointee.chunkCount ?? 0 }

    /// What it takes of the system, with the blocks outside.
    var bytes: Int { heap.bytes &+ chunkCount &* Chunk.bytes }

    /// Whether it has a block without taking memory.
    func hasRoom(for bytes: Int) -> Bool {
        guard let state, bytes <= Self.longest else { return false }
        return state.pointee.hasRoom((bytes - 1) / Slab.step)
    }

    /// It takes so many bytes more at most for chunks, until this is called again. Without it there is no such limit.
    func limit(to bytes: Int) {
        state?.pointee.limit(to: bytes)
    }

    mutating func open() {
        guard state == nil else { return }
        let opened = UnsafeMutablePointer<State>.allocate(capacity: 1)
        opened.initialize(to: State(sizes: Self.longest / Slab.step))
        state = opened
    }

    deinit {
        guard let state else { return }
        state.pointee.close()
        Self.destroyIfOver(state)
    }

    /// A block that the caller gives back by `free`; nil where the pool does not serve it.
    @_optimize(speed)
    func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard let state, bytes > 0, bytes <= Self.longest else { return nil }
        return state.pointee.take((bytes - 1) / Slab.step, for: state)
    }

    /// Takes back a block that a pool gave; whether that pool is still there is of no matter.
    @_optimize(speed)
    static func free(_ block: UnsafeMutableRawPointer) {
        let slab = Slab.holding(block)
        let state = slab.pointee.pool.assumingMemoryBound(to: State.self)
        state.pointee.putBack(block, slab)
        destroyIfOver(state)
    }

    private static func destroyIfOver(_ state: UnsafeMutablePointer<State>) {
        guard state.pointee.isClosed, state.pointee.chunkCount == 0 else { return }
        state.pointee.roomySlabs.deallocate()
        state.deallocate()
    }

    private struct State {
        /// By size.
        let roomySlabs: UnsafeMutablePointer<Chain<Slab>>
        private var roomyChunks = Chain<Chunk>()
        private(set) var chunkCount = 0
        /// The empty one, which is kept for what comes next: at the border of a chunk each record might cost two calls of the
        /// system otherwise.
        private var spare: UnsafeMutablePointer<Chunk>?
        /// Slabs that are not free, and those of them that are full.
        private var slabCount = 0
        private var fullCount = 0
        /// Nobody will allocate any more.
        private(set) var isClosed = false
        private var mostChunks = Int.max

        /// Which chunks the system is asked to make large pages: not the first, which may never become full; and not all, since
        /// a virtual machine that has given free memory back to its host gets large pages from there more slowly than small ones.
        private static var largePages: Range<Int> { 1..<8 }
        /// So many slabs may have room however many are full: one of each size.
        private static var slack: Int { RecordPool.longest / Slab.step }

        init(sizes: Int) {
            roomySlabs = .allocate(capacity: sizes)
            roomySlabs.initialize(repeating: Chain<Slab>(), count: sizes)
        }

        @_optimize(speed)
        mutating func take(_ size: Int, for pool: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
            guard let slab = roomySlabs[size].first ?? makeSlab(size, for: pool) else { return nil }
            let block = slab.pointee.take()
            if slab.pointee.isFull {
                roomySlabs[size].remove(slab)
                fullCount += 1
            }
            return block
        }

        mutating func putBack(_ block: UnsafeMutableRawPointer, _ slab: UnsafeMutablePointer<Slab>) {
            if slab.pointee.isFull {
                roomySlabs[slab.pointee.size].push(slab)
                fullCount -= 1
            }
            slab.pointee.putBack(block)
            if slab.pointee.used == 0 { giveBack(slab) }
        }

        func hasRoom(_ size: Int) -> Bool {
            roomySlabs[size].first != nil || roomyChunks.first != nil
        }

        mutating func limit(to bytes: Int) {
            mostChunks = chunkCount &+ max(0, bytes / Chunk.bytes)
        }

        mutating func close() {
            isClosed = true
            if let spare { free(spare) }
        }

        private mutating func makeSlab(_ size: Int, for pool: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Slab>? {
            guard let chunk = roomyChunks.first ?? makeChunk() else { return nil }
            if chunk == spare { spare = nil }
            let start = Chunk.takeSlab(chunk)
            if chunk.pointee.isFull { roomyChunks.remove(chunk) }
            let slab = start.initializeMemory(as: Slab.self, to: Slab(at: start, of: pool, size: size))
            roomySlabs[size].push(slab)
            slabCount += 1
            return slab
        }

        private mutating func makeChunk() -> UnsafeMutablePointer<Chunk>? {
            guard slabCount - fullCount <= fullCount + Self.slack, chunkCount < mostChunks,
                let chunk = Chunk.make(large: Self.largePages.contains(chunkCount))
            else { return nil }
            chunkCount += 1
            roomyChunks.push(chunk)
            return chunk
        }

        /// Takes an empty slab out of its list, and back into its chunk.
        private mutating func giveBack(_ slab: UnsafeMutablePointer<Slab>) {
            roomySlabs[slab.pointee.size].remove(slab)
            slabCount -= 1
            let chunk = Chunk.holding(slab)
            if chunk.pointee.isFull { roomyChunks.push(chunk) }
            Chunk.putBack(slab, chunk)
            guard chunk.pointee.isEmpty else { return }
            if spare == nil, !isClosed { spare = chunk } else { free(chunk) }
        }

        @_optimize(speed)
        private mutating func free(_ chunk: UnsafeMutablePointer<Chunk>) {
            roomyChunks.remove(chunk)
            chunkCount -= 1
            Chunk.free(chunk)
        }
    }
}
