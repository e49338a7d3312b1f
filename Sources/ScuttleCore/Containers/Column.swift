import CHints

/// A growable array of plain values. The tables keep one for each column of data about keys or sources.
///
/// A column owns one block and shares it with nobody, so a write need not check for other owners. The system grows a large
/// block in place or moves its pages, without a copy. An unused column has no block. Only debug builds check positions. Append:
/// O(1) amortised. Memory: the bytes that were written to; the rest of the capacity, as much again at most, is not resident.
///
/// Invariants: `count` <= `capacity`; a block exists if `capacity` is not 0.
struct Column<Element: BitwiseCopyable>: ~Copyable {
    private var start: UnsafeMutablePointer<Element>?
    private var capacity = 0
    private(set) var count = 0

    deinit {
        hint_free(start, bytes, 0)
    }

    var isEmpty: Bool { count == 0 }

    /// The size of the block.
    var bytes: Int { capacity * MemoryLayout<Element>.stride }

    /// The last element; nil if the column is empty.
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

    /// Prefetches an element.
    @inline(__always)
    func expect(_ position: Int) {
        assert(position >= 0 && position < count)
        hint_will_look(start.unsafelyUnwrapped + position)
    }

    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        (start.unsafelyUnwrapped + count).initialize(to: element)
        count += 1
    }

    /// Appends an element to a column that grows seldom: less idle capacity, for more copies.
    mutating func appendFrugally(_ element: Element) {
        if count == capacity { grow(to: capacity + max(4, capacity / 16)) }
        (start.unsafelyUnwrapped + count).initialize(to: element)
        count += 1
    }

    /// Fills an empty column with equal elements, without idle capacity.
    mutating func fill(_ element: Element, count: Int) {
        assert(isEmpty && count > 0)
        if capacity < count { grow(to: count) }
        start.unsafelyUnwrapped.initialize(repeating: element, count: count)
        self.count = count
    }

    /// Inserts an element. O(elements behind `position`).
    mutating func insert(_ element: Element, at position: Int) {
        assert(position >= 0 && position <= count)
        if count == capacity { grow() }
        let address = start.unsafelyUnwrapped + position
        (address + 1).moveInitialize(from: address, count: count - position)
        address.initialize(to: element)
        count += 1
    }

    /// Removes an element. O(elements behind `position`).
    mutating func remove(at position: Int) {
        assert(position >= 0 && position < count)
        let address = start.unsafelyUnwrapped + position
        count -= 1
        address.update(from: address + 1, count: count - position)
    }

    mutating func popLast() -> Element? {
        guard let last else { return nil }
        count -= 1
        return last
    }

    /// Removes the elements from `count` on, and keeps the capacity.
    mutating func truncate(to count: Int) {
        assert(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Frees most of the idle capacity, if that is more than half. O(elements).
    @inline(never)
    mutating func shrink() {
        guard capacity &- count > count &+ 64, let old = start else { return }
        let before = bytes
        capacity = count &+ 16
        start = hint_shrink(old, before, bytes).bindMemory(to: Element.self, capacity: capacity)
    }

    /// Removes all elements and frees the block.
    mutating func clear() {
        hint_free(start, bytes, 0)
        (start, capacity, count) = (nil, 0, 0)
    }

    /// Returns the first position whose element makes `isUpper` true, which is false below some position and true from there
    /// on. O(log n).
    func partition(_ isUpper: (Element) -> Bool) -> Int {
        (0..<count).partition { isUpper(self[$0]) }
    }

    /// Doubles a small capacity, because growing may copy it; adds a quarter to a large one, so that little is idle.
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
