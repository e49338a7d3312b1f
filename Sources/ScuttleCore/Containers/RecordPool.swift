/// A slab allocator for the records of a replica with many: blocks of one size side by side, in chunks as long as a large page.
///
/// The system's allocator is as fast for one record, but uses small pages, and the page faults and TLB misses of those are the
/// largest cost of a write to a large map. So the pool allocates chunks from the system, cuts a chunk into slabs, and a slab
/// into blocks of one size. A freed block waits in its slab for a record of that size, and an empty slab in its chunk for any
/// size. An empty chunk goes back to the system. After Bonwick, "The Slab Allocator", USENIX Summer 1994.
///
/// The pool allocates nothing before `open`, because a replica with few keys is smaller without it. Blocks may outlive the
/// pool. A slab keeps to blocks of its size, so a peer that writes many records of each size and leaves a few could keep most
/// of the pool idle. So while more slabs have free blocks than are full, the pool adds no chunk, and serves no allocation that
/// would need one.
///
/// Invariants: a slab is in the `partialSlabs` of its size exactly while it has a free block, and a chunk is in `partialChunks`
/// exactly while it has a free slab. No slab is empty, and at most one chunk is, the spare one. Allocate and free: O(1), and a
/// system call for each chunk. Memory: blocks are rounded up to 8 bytes, and a slab's header has 88. Idle memory is at most a
/// slab of each size, a chunk, and as much as was full when the last chunk was added.
struct RecordPool: ~Copyable {
    /// The largest block that the pool serves. With longer ones the system's allocator wastes little.
    static var maxBlockBytes: Int { 512 }

    private var state: UnsafeMutablePointer<State>?
    /// The allocator of longer blocks, and of all blocks before `open`.
    let heap = RecordHeap()
    var isOpen: Bool { state != nil }

    /// The count of its chunks.
    var chunkCount: Int { state?.pointee.chunkCount ?? 0 }

    /// The memory of its chunks and of the blocks outside of them.
    var bytes: Int { heap.bytes &+ chunkCount &* Chunk.bytes }

    /// Returns whether the pool has a free block, without another chunk.
    func hasRoom(for bytes: Int) -> Bool {
        guard let state, bytes <= Self.maxBlockBytes else { return false }
        return state.pointee.hasFreeBlock((bytes - 1) / Slab.step)
    }

    /// Limits the memory of further chunks to `bytes`, until the next call. There is no limit before the first one.
    func limit(to bytes: Int) {
        state?.pointee.limit(to: bytes)
    }

    mutating func open() {
        guard state == nil else { return }
        let opened = UnsafeMutablePointer<State>.allocate(capacity: 1)
        opened.initialize(to: State(sizes: Self.maxBlockBytes / Slab.step))
        state = opened
    }

    deinit {
        guard let state else { return }
        state.pointee.close()
        Self.destroyIfOver(state)
    }

    /// Allocates a block; `free` frees it. Nil if the pool does not serve it.
    @_optimize(speed)
    func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard let state, bytes > 0, bytes <= Self.maxBlockBytes else { return nil }
        return state.pointee.allocate((bytes - 1) / Slab.step, for: state)
    }

    /// Frees a block of a pool, whether or not that pool still exists.
    @_optimize(speed)
    static func free(_ block: UnsafeMutableRawPointer) {
        let slab = Slab.holding(block)
        let state = slab.pointee.pool.assumingMemoryBound(to: State.self)
        state.pointee.free(block, slab)
        destroyIfOver(state)
    }

    private static func destroyIfOver(_ state: UnsafeMutablePointer<State>) {
        guard state.pointee.isClosed, state.pointee.chunkCount == 0 else { return }
        state.pointee.partialSlabs.deallocate()
        state.deallocate()
    }

    private struct State {
        /// The slabs with free blocks, by size.
        let partialSlabs: UnsafeMutablePointer<Chain<Slab>>
        private var partialChunks = Chain<Chunk>()
        private(set) var chunkCount = 0
        /// The empty chunk, which stays for the next allocation. Without it, at the border of a chunk each record could cost
        /// two system calls.
        private var spare: UnsafeMutablePointer<Chunk>?
        /// The slabs in use, and those of them that are full.
        private var slabCount = 0
        private var fullCount = 0
        /// Whether the replica has gone, and only frees remain.
        private(set) var isClosed = false
        private var maxChunks = Int.max

        /// The chunks that use large pages. Not the first, which may never become full. And not all: a virtual machine that has
        /// returned free memory to its host gets large pages from there more slowly than small ones.
        private static var largePages: Range<Int> { 1..<8 }
        /// How many slabs may have free blocks however many are full: one of each size.
        private static var slack: Int { RecordPool.maxBlockBytes / Slab.step }

        init(sizes: Int) {
            partialSlabs = .allocate(capacity: sizes)
            partialSlabs.initialize(repeating: Chain<Slab>(), count: sizes)
        }

        @_optimize(speed)
        mutating func allocate(_ size: Int, for pool: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
            guard let slab = partialSlabs[size].first ?? makeSlab(size, for: pool) else { return nil }
            let block = slab.pointee.allocate()
            if slab.pointee.isFull {
                partialSlabs[size].remove(slab)
                fullCount += 1
            }
            return block
        }

        mutating func free(_ block: UnsafeMutableRawPointer, _ slab: UnsafeMutablePointer<Slab>) {
            if slab.pointee.isFull {
                partialSlabs[slab.pointee.size].push(slab)
                fullCount -= 1
            }
            slab.pointee.free(block)
            if slab.pointee.used == 0 { release(slab) }
        }

        func hasFreeBlock(_ size: Int) -> Bool {
            partialSlabs[size].first != nil || partialChunks.first != nil
        }

        mutating func limit(to bytes: Int) {
            maxChunks = chunkCount &+ max(0, bytes / Chunk.bytes)
        }

        mutating func close() {
            isClosed = true
            if let spare { free(spare) }
        }

        private mutating func makeSlab(_ size: Int, for pool: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Slab>? {
            guard let chunk = partialChunks.first ?? makeChunk() else { return nil }
            if chunk == spare { spare = nil }
            let start = Chunk.allocateSlab(chunk)
            if chunk.pointee.isFull { partialChunks.remove(chunk) }
            let slab = start.initializeMemory(as: Slab.self, to: Slab(at: start, of: pool, size: size))
            partialSlabs[size].push(slab)
            slabCount += 1
            return slab
        }

        private mutating func makeChunk() -> UnsafeMutablePointer<Chunk>? {
            guard slabCount - fullCount <= fullCount + Self.slack, chunkCount < maxChunks,
                let chunk = Chunk.make(large: Self.largePages.contains(chunkCount))
            else { return nil }
            chunkCount += 1
            partialChunks.push(chunk)
            return chunk
        }

        /// Removes an empty slab from its list and returns it to its chunk.
        private mutating func release(_ slab: UnsafeMutablePointer<Slab>) {
            partialSlabs[slab.pointee.size].remove(slab)
            slabCount -= 1
            let chunk = Chunk.holding(slab)
            if chunk.pointee.isFull { partialChunks.push(chunk) }
            Chunk.freeSlab(slab, chunk)
            guard chunk.pointee.isEmpty else { return }
            if spare == nil, !isClosed { spare = chunk } else { free(chunk) }
        }

        @_optimize(speed)
        private mutating func free(_ chunk: UnsafeMutablePointer<Chunk>) {
            partialChunks.remove(chunk)
            chunkCount -= 1
            Chunk.free(chunk)
        }
    }
}
