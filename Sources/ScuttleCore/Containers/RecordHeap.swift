/// The records of a replica that stand in no pool: blocks of the system's allocator, and how many bytes they take.
///
/// A block names its heap in front, so that it is given back without its replica, and may outlive it. Allocate and free: O(1).
/// Memory: 8 bytes a block.
struct RecordHeap: ~Copyable {
    private struct State {
        var bytes = 0
        /// Nobody will allocate any more.
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

    /// What its blocks take, with what the system's allocator adds.
    var bytes: Int { state.pointee.bytes }

    /// A block that is given back by `free`.
    @_optimize(speed)
    func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let block = UnsafeMutableRawPointer.allocate(byteCount: count + Self.front, alignment: 8)
        block.storeBytes(of: state, as: UnsafeMutablePointer<State>.self)
        state.pointee.bytes &+= Self.cost(of: count)
        return block + Self.front
    }

    /// Takes back a block of `count` bytes that a heap gave; whether that heap is still there is of no matter.
    @_optimize(speed)
    static func free(_ block: UnsafeMutableRawPointer, _ count: Int) {
        let start = block - front
        let state = start.load(as: UnsafeMutablePointer<State>.self)
        state.pointee.bytes &-= cost(of: count)
        start.deallocate()
        destroyIfOver(state)
    }

    /// What a block takes: its front, the 8 bytes that malloc keeps of each, and what it rounds up to.
    static func cost(of count: Int) -> Int {
        max(32, (count &+ front &+ 8 &+ 15) & ~15)
    }

    private static var front: Int { 8 }

    private static func destroyIfOver(_ state: UnsafeMutablePointer<State>) {
        if state.pointee.isClosed, state.pointee.bytes == 0 { state.deallocate() }
    }
}
