/// Bytes that grow at the end: a line on its way in, messages on their way out. Growing moves them.
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

    /// Makes room for `extra` bytes behind the present ones and returns where they begin; `advance` then counts them.
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

    /// Whether `reserve` will have memory for so many bytes. Yes for few.
    public func hasRoom(for extra: Int) -> Bool {
        count + extra <= capacity || Memory.has(grown(by: extra))
    }

    private func grown(by extra: Int) -> Int {
        max(count + extra, capacity * 2, 64)
    }

    public mutating func advance(_ added: Int) {
        count += added
    }

    /// Forgets the bytes behind the first `count`.
    mutating func truncate(to count: Int) {
        self.count = min(self.count, count)
    }

    /// Moves the bytes from `start` on to the front of those at `place`. O(bytes behind that).
    mutating func move(from start: Int, to place: Int) {
        guard place < start, start < count else { return }
        // All of them go up by as many as are to be moved, and those then down.
        let moved = count - start
        let to = reserve(moved) - (count - place)
        (to + moved).copyMemory(from: to, byteCount: count - place)
        to.copyMemory(from: to + moved + (start - place), byteCount: moved)
    }

    @_optimize(speed)
    public mutating func append(_ bytes: Bytes) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Whether its memory is worth giving back.
    var isLarge: Bool { capacity > 64 }

    /// Forgets the bytes, and gives their memory back where it was large: an idle owner is a small owner.
    public mutating func clear() {
        count = 0
        guard isLarge, let start else { return }
        start.deallocate()
        (self.start, capacity) = (nil, 0)
    }
}
