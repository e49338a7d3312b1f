/// A buffer of bytes that grows at the end: an incoming line, or outgoing messages. Growing moves the bytes.
public struct ByteBuffer: ~Copyable {
    private var start: UnsafeMutableRawPointer?
    private(set) var capacity = 0
    public private(set) var count = 0

    public init() {}

    deinit {
        start?.deallocate()
    }

    public var bytes: Bytes {
        Bytes(start: start, count: count)
    }

    /// Reserves `extra` bytes behind the present ones and returns their address; `advance` then counts those that were written.
    @_optimize(speed)
    public mutating func reserve(_ extra: Int) -> UnsafeMutableRawPointer {
        if let start, count + extra <= capacity { return start + count }
        let larger = grown(by: extra)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
        if let start {
            moved.copyMemory(from: start, byteCount: count)
            start.deallocate()
        }
        (start, capacity) = (moved, larger)
        return moved + count
    }

    /// Returns whether the system has the memory that `reserve` needs for `extra` bytes. True for few bytes.
    public func hasMemory(for extra: Int) -> Bool {
        count + extra <= capacity || Memory.has(grown(by: extra))
    }

    private func grown(by extra: Int) -> Int {
        max(count + extra, capacity * 2, 64)
    }

    public mutating func advance(_ added: Int) {
        count += added
    }

    /// Removes the bytes behind the first `count`.
    mutating func truncate(to count: Int) {
        self.count = min(self.count, count)
    }

    /// Moves the bytes from `start` on in front of those from `destination` on. O(bytes behind `destination`).
    mutating func move(from start: Int, to destination: Int) {
        guard destination < start, start < count else { return }
        // All bytes first move up by the length of the moved part, which then moves down.
        let moved = count - start
        let to = reserve(moved) - (count - destination)
        (to + moved).copyMemory(from: to, byteCount: count - destination)
        to.copyMemory(from: to + moved + (start - destination), byteCount: moved)
    }

    @_optimize(speed)
    public mutating func append(_ bytes: Bytes) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Replaces the content by a text and a NUL, and keeps the memory.
    @inline(__always)
    public mutating func set(terminated text: Bytes) {
        count = 0
        var target = start
        if target == nil || text.count >= capacity { target = reserve(text.count &+ 1) }
        let start = target.unsafelyUnwrapped
        if let source = text.baseAddress { start.copyMemory(from: source, byteCount: text.count) }
        start.storeBytes(of: 0, toByteOffset: text.count, as: UInt8.self)
        count = text.count &+ 1
    }

    /// Whether the memory is large enough to be worth returning to the system.
    var isLarge: Bool { capacity > 64 }

    /// Removes all bytes, and frees the memory if it is large, so that an idle owner is small.
    @inline(__always)
    public mutating func clear() {
        count = 0
        if isLarge { free() }
    }

    @inline(never)
    private mutating func free() {
        start?.deallocate()
        (start, capacity) = (nil, 0)
    }
}
