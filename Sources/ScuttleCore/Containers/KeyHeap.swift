/// Keys by a number that belongs to their entry at the time: tombstones by version, times to live by expiry.
///
/// A binary heap, smallest number first. What is in it may be out of date, since a write does not look for its key here;
/// whoever takes it out compares the version with the key's entry. Push and pop: O(log n).
struct KeyHeap {
    struct Item {
        let number: UInt64
        let key: KeyID
        /// Of the entry that it was made for, which is of this source.
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
            while hole > 0, item.number < items[(hole - 1) / 2].number {
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

    /// Drops what is out of date where that is most of it; amortised O(1) a push.
    mutating func sweep(keeping live: Int, _ isCurrent: (Item) -> Bool) {
        guard items.count > 2 * live + 32 else { return }
        removeOutdated(isCurrent)
    }

    /// Drops what is out of date. O(items).
    @inline(never)
    mutating func removeOutdated(_ isCurrent: (Item) -> Bool) {
        items.removeAll { !isCurrent($0) }
        for index in stride(from: items.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    /// The items on the way move up, each once, and the one that sinks is written at the end.
    private mutating func siftDown(_ index: Int) {
        items.withUnsafeMutableBufferPointer { items in
            let item = items[index]
            var hole = index
            while true {
                var child = 2 * hole + 1
                guard child < items.count else { break }
                if child + 1 < items.count, items[child + 1].number < items[child].number { child += 1 }
                guard items[child].number < item.number else { break }
                items[hole] = items[child]
                hole = child
            }
            items[hole] = item
        }
    }
}
