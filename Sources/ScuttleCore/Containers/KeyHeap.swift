/// A priority queue of keys: tombstones by version, times to live by expiry.
///
/// A heap, smallest priority first. A write does not update the heap, so an item may be outdated; the caller of `pop`
/// compares its version with the key's entry. Push and pop: O(log n).
struct KeyHeap {
    struct Item {
        let priority: UInt64
        let key: KeyID
        /// The source of the entry that the item was made for.
        let source: SourceID
        let version: Version
    }

    private var heap = Heap<Item>()
    /// The number of items that `push(_:_:)` has added since its latest sweep.
    private var pushes = 0

    var items: [Item] { heap.elements }
    var first: Item? { heap.elements.first }

    @inline(never)
    mutating func push(_ item: Item) {
        heap.insert(item, precedes: Self.precedes)
    }

    /// Adds an item, and removes the outdated ones if they are the majority. O(log n) amortised.
    @inline(never)
    mutating func push(_ item: Item, _ isCurrent: (Item) -> Bool) {
        push(item)
        pushes += 1
        guard pushes > items.count / 2 + 32 else { return }
        pushes = 0
        let live = items.reduce(0) { $0 + (isCurrent($1) ? 1 : 0) }
        if items.count > 2 * live + 32 { removeOutdated(isCurrent) }
    }

    @inline(never)
    mutating func pop() -> Item? {
        guard let first else { return nil }
        heap.remove(at: 0, precedes: Self.precedes)
        return first
    }

    /// Removes outdated items. O(items).
    @inline(never)
    mutating func removeOutdated(_ isCurrent: (Item) -> Bool) {
        heap.elements.removeAll { !isCurrent($0) }
        heap.restoreAll(precedes: Self.precedes)
    }

    @inline(__always)
    private static func precedes(_ a: Item, _ b: Item) -> Bool { a.priority < b.priority }
}
