import CHints

/// A growable array of plain values: what the tables keep for each key, and each update writes to.
///
/// It owns one block, and nobody shares it: a write need not look whether somebody does. A large block grows in place or is
/// moved by the system, without a copy. One that was never used has no block. Positions are the caller's care: nothing is
/// checked but in debug builds. Append: O(1) amortised; memory: what has been written to, and up to as much again that is
/// not resident until it is.
///
/// Invariants: `count` <= `capacity`; there is a block where `capacity` is not 0.
struct Column<Element: BitwiseCopyable>: ~Copyable {
    private var start: UnsafeMutablePointer<Element>?
    private var capacity = 0
    private(set) var count = 0

    deinit {
        hint_free(start, bytes, 0)
    }

    var isEmpty: Bool { count == 0 }

    /// The size of its block.
    var bytes: Int { capacity * MemoryLayout<Element>.stride }

    /// The last element; nil where there is none.
    var last: Element? { isEmpty ? nil : self[count - 1] }

    subscript(position: Int) -> Element {
        get {
            assert(position >= 0 && position < count)
            return start.unsafelyUnwrapped[position]
        }
        set {
            assert(position >= 0 && position < count)
            start.unsafelyUnwrapped[position] = newValue
        }
    }

    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        (start.unsafelyUnwrapped + count).initialize(to: element)
        count += 1
    }

    /// The same, with little idle room for the price of more copies: for what grows seldom.
    mutating func appendFrugally(_ element: Element) {
        if count == capacity { grow(to: capacity + max(4, capacity / 16)) }
        (start.unsafelyUnwrapped + count).initialize(to: element)
        count += 1
    }

    /// As many equal elements in one that is empty, and no room behind them.
    mutating func fill(_ element: Element, count: Int) {
        assert(isEmpty && count > 0)
        if capacity < count { grow(to: count) }
        start.unsafelyUnwrapped.initialize(repeating: element, count: count)
        self.count = count
    }

    /// O(elements behind it).
    mutating func insert(_ element: Element, at position: Int) {
        assert(position >= 0 && position <= count)
        if count == capacity { grow() }
        let place = start.unsafelyUnwrapped + position
        (place + 1).moveInitialize(from: place, count: count - position)
        place.initialize(to: element)
        count += 1
    }

    /// O(elements behind it).
    mutating func remove(at position: Int) {
        assert(position >= 0 && position < count)
        let place = start.unsafelyUnwrapped + position
        count -= 1
        place.update(from: place + 1, count: count - position)
    }

    mutating func popLast() -> Element? {
        guard let last else { return nil }
        count -= 1
        return last
    }

    /// Forgets the elements from `count` on, and keeps the room.
    mutating func truncate(to count: Int) {
        assert(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Gives most of the room back that is idle, if more than half is. O(elements).
    @inline(never)
    mutating func shrink() {
        guard capacity &- count > count &+ 64, let old = start else { return }
        let before = bytes
        capacity = count &+ 16
        start = hint_shrink(old, before, bytes).bindMemory(to: Element.self, capacity: capacity)
    }

    /// Forgets all, and gives the room back.
    mutating func clear() {
        hint_free(start, bytes, 0)
        (start, capacity, count) = (nil, 0, 0)
    }

    /// The first position whose element is in the upper part, where `isUpper` is false below some position and true from
    /// there on. O(log n).
    func partition(_ isUpper: (Element) -> Bool) -> Int {
        (0..<count).partition { isUpper(self[$0]) }
    }

    /// Twice the room while it is small, since it may have to be copied; a quarter more later, so that little is idle.
    @inline(never)
    private mutating func grow() {
        grow(to: max(4, capacity + capacity / (bytes < 1 << 20 ? 1 : 4)))
    }

    private mutating func grow(to larger: Int) {
        let old = bytes
        capacity = larger
        start = hint_grow(start, old, bytes, 0).bindMemory(to: Element.self, capacity: capacity)
    }
}
