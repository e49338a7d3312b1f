/// An allocator for the records that are not in a pool: blocks of the system's allocator, with a count of their bytes.
///
/// The front of each block refers to its heap, so a block can be freed without its replica, and may outlive it. Allocate and
/// free: O(1). Memory: 8 bytes a block.
struct RecordHeap: ~Copyable {
    private struct State {
        var bytes = 0
        /// Whether the replica has gone, and only frees remain.
        var isClosed = false
    }

    private let state: UnsafeMutablePointer<State>

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        state.pointee.isClosed = true
        Self.destroyIfOver(state)
    }

    /// The bytes of all blocks, with the overhead of the system's allocator.
    var bytes: Int { state.pointee.bytes }

    /// Allocates a block; `free` frees it.
    @_optimize(speed)
    func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let block = UnsafeMutableRawPointer.allocate(byteCount: count + Self.front, alignment: 8)
        block.storeBytes(of: state, as: UnsafeMutablePointer<State>.self)
        state.pointee.bytes &+= Self.cost(of: count)
        return block + Self.front
    }

    /// Frees a block of `count` bytes, whether or not its heap still exists.
    @_optimize(speed)
    static func free(_ block: UnsafeMutableRawPointer, _ count: Int) {
        let start = block - front
        let state = start.load(as: UnsafeMutablePointer<State>.self)
        state.pointee.bytes &-= cost(of: count)
        start.deallocate()
        destroyIfOver(state)
    }

    /// Returns the memory that a block uses: its front, the 8 bytes that malloc keeps of each, and the rounding.
    static func cost(of count: Int) -> Int {
        max(32, (count &+ front &+ 8 &+ 15) & ~15)
    }

    private static var front: Int { 8 }

    private static func destroyIfOver(_ state: UnsafeMutablePointer<State>) {
        if state.pointee.isClosed, state.pointee.bytes == 0 { state.deallocate() }
    }
}
