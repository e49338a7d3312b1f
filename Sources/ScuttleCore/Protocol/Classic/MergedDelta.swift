/// The pending entries of several sources, merged: of each source its live entries above a version.
///
/// Nothing is queued. A cursor for each source finds the next entry in the source's index, so a slow peer takes no
/// memory, and receives each entry as it is at the time of sending. The cursors form a heap, which merges the sources
/// in the order of `Configuration.sort`. Within a source versions ascend, so a peer has all entries below the one that
/// it received last. Next: O(log s) for s sources, plus a search if an index was swept.
struct MergedDelta {
    fileprivate struct Cursor {
        let source: SourceID
        var version: Version
        var key: KeyID
        /// The index in the source's entries at which the search continues.
        var position: Int
        var generation: UInt32
        /// The number of pending updates, as counted at the request.
        var pending = 0
        /// The requested version, until the first update is removed.
        var requested: Version?
        /// Whether entries that are out of order belong to it.
        let includesOutOfOrder: Bool
    }

    /// Whether entries that are out of order belong to it: to a state delta, and not to a classic one, because a
    /// classic peer would assume all updates below them.
    var includesOutOfOrder = false

    private var heap: [Cursor] = []

    /// The index of each source's cursor in the heap, counted from 1; nil if there is no cursor.
    private var heapIndices: SourceMap?

    /// The number of pending updates: exact up to the limit of `add`, except for entries that have changed since.
    private(set) var count = 0

    /// Adds the live entries of a source above `version`, in place of its pending ones. O(log s), and counting the
    /// entries, up to `limit`. O(1) if the same version was requested before and none of its entries was removed yet.
    @inline(never)
    mutating func add(_ source: SourceID, above version: Version, countingTo limit: Int, in replica: Store) {
        if let index = heapIndex(of: source) {
            guard heap[index].requested != version else { return }
            remove(at: index, in: replica)
        }
        guard replica.sources[source].entries.last > version else { return }
        var cursor = Cursor(
            source: source, version: version, key: 0, position: 0, generation: 0, includesOutOfOrder: includesOutOfOrder
        )
        guard cursor.seek(above: version, in: replica) else { return }
        cursor.pending = limit == .max ? 0 : cursor.count(upTo: limit, in: replica)
        cursor.requested = version
        count += cursor.pending
        heap.append(cursor)
        if heapIndices == nil { heapIndices = SourceMap(isRoomy: true) }
        noteIndex(at: heap.count - 1)
        siftUp(heap.count - 1, replica)
    }

    /// The value of `Store.settled` at which the heap was last in order.
    private var settled: UInt64 = 0

    /// Removes the next entry and returns it, borrowed.
    mutating func next(in replica: Store) -> Record? {
        restoreOrder(in: replica)
        while let cursor = heap.first {
            let record = cursor.isLive(in: replica) ? replica.keys[cursor.key] : nil
            heap[0].requested = nil
            if cursor.pending > 0 {
                heap[0].pending -= 1
                count -= 1
            }
            if heap[0].advance(in: replica) { siftDown(0, replica) } else { remove(at: 0, in: replica) }
            if let record { return record }
        }
        heapIndices = nil
        return nil
    }

    /// Restores the heap. A host's order compares whole entries, and the entries of cursors may have been superseded.
    private mutating func restoreOrder(in replica: Store) {
        guard settled != replica.settled else { return }
        settled = replica.settled
        guard replica.configuration.sort != nil else { return }
        let cursors = heap
        heap = []
        for var cursor in cursors {
            guard cursor.isLive(in: replica) || cursor.advance(in: replica) else {
                count -= cursor.pending
                heapIndices?.set(cursor.source, to: 0)
                continue
            }
            heap.append(cursor)
            noteIndex(at: heap.count - 1)
        }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index, replica) }
    }

    /// Removes a source that was retired.
    mutating func remove(_ source: SourceID, in replica: Store) {
        if let index = heapIndex(of: source) { remove(at: index, in: replica) }
    }

    private func heapIndex(of source: SourceID) -> Int? {
        guard let index = heapIndices?[source], index > 0 else { return nil }
        return Int(index) - 1
    }

    /// Notes the index of a cursor in the heap.
    @inline(never)
    private func noteIndex(at index: Int) { heapIndices?.set(heap[index].source, to: UInt64(index + 1)) }

    private mutating func remove(at index: Int, in replica: Store) {
        count -= heap[index].pending
        heapIndices?.set(heap[index].source, to: 0)
        let last = heap.removeLast()
        guard index < heap.count else { return }
        heap[index] = last
        noteIndex(at: index)
        siftUp(index, replica)
        siftDown(index, replica)
    }

    private func precedes(_ a: Cursor, _ b: Cursor, _ replica: Store) -> Bool {
        if let sort = replica.configuration.sort {
            guard let left = replica.keys[a.key], let right = replica.keys[b.key] else { return a.version < b.version }
            return sort(replica.update(of: left), replica.update(of: right))
        }
        if a.version != b.version { return a.version < b.version }
        return replica.sources[a.source].id.precedes(replica.sources[b.source].id)
    }

    private mutating func siftUp(_ index: Int, _ replica: Store) {
        var index = index
        while index > 0 {
            let parent = (index - 1) / 2
            guard precedes(heap[index], heap[parent], replica) else { return }
            swap(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ index: Int, _ replica: Store) {
        var index = index
        while true {
            var first = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && precedes(heap[child], heap[first], replica) {
                first = child
            }
            guard first != index else { return }
            swap(index, first)
            index = first
        }
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        noteIndex(at: a)
        noteIndex(at: b)
    }
}

extension MergedDelta.Cursor {
    /// Whether the cursor's entry is an entry of its source still.
    fileprivate func isLive(in replica: Store) -> Bool {
        replica.keys.isEntry(of: key, source, version)
    }

    /// Moves to the next live entry. False if there is none.
    fileprivate mutating func advance(in replica: Store) -> Bool {
        let source = replica.sources[source]
        guard generation == source.entries.generation else { return seek(above: version, in: replica) }
        return settle(
            source.entries.nextLive(above: version, from: position, of: self.source, replica.keys), in: replica)
    }

    /// Moves to the first live entry above a version. False if there is none.
    fileprivate mutating func seek(above version: Version, in replica: Store) -> Bool {
        settle(replica.sources[source].entries.nextLive(above: version, of: source, replica.keys), in: replica)
    }

    /// Counts this entry and those behind it, up to `limit`. O(limit + holes passed).
    fileprivate func count(upTo limit: Int, in replica: Store) -> Int {
        var cursor = self
        var count = 1
        while count < limit, cursor.advance(in: replica) { count += 1 }
        return count
    }

    private mutating func settle(_ slot: VersionIndex.Slot?, in replica: Store) -> Bool {
        let source = replica.sources[source]
        guard let slot, includesOutOfOrder || slot.version <= source.covered else { return false }
        (position, generation) = (slot.next, source.entries.generation)
        (version, key) = (slot.version, slot.key)
        return true
    }
}
