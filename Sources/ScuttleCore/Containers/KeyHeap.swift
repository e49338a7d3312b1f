/// A priority queue of keys: tombstones by version, times to live by expiry.
///
/// A binary heap, smallest priority first. A write does not update the heap, so an item may be outdated; the caller of `pop`
/// compares its version with the key's entry. Push and pop: O(log n).
struct KeyHeap {
    struct Item {
        let priority: UInt64
        let key: KeyID
        /// The source of the entry that the item was made for.
        let source: SourceID
        let version: Version
    }

    private(set) var items: [Item] = []

    var first: Item? { items.first }

    @inline(never)
    mutating func push(_ item: Item) {
        items.append(item)
        items.withUnsafeMutableBufferPointer { items in
            var hole = items.count - 1
            while hole > 0, item.priority < items[(hole - 1) / 2].priority {
                items[hole] = items[(hole - 1) / 2]
                hole = (hole - 1) / 2
            }
            items[hole] = item
        }
    }

    @inline(never)
    mutating func pop() -> Item? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        siftDown(0)
        return first
    }

    /// Removes outdated items if they are the majority; amortised O(1) a push.
    mutating func sweep(keeping live: Int, _ isCurrent: (Item) -> Bool) {
        guard items.count > 2 * live + 32 else { return }
        removeOutdated(isCurrent)
    }

    /// Removes outdated items. O(items).
    @inline(never)
    mutating func removeOutdated(_ isCurrent: (Item) -> Bool) {
        items.removeAll { !isCurrent($0) }
        for index in stride(from: items.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    /// Each item on the way moves up once, and the sinking item is written at the end.
    private mutating func siftDown(_ index: Int) {
        items.withUnsafeMutableBufferPointer { items in
            let item = items[index]
            var hole = index
            while true {
                var child = 2 * hole + 1
                guard child < items.count else { break }
                if child + 1 < items.count, items[child + 1].priority < items[child].priority { child += 1 }
                guard items[child].priority < item.priority else { break }
                items[hole] = items[child]
                hole = child
            }
            items[hole] = item
        }
    }
}
