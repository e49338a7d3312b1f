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

    private var heap = Heap<Cursor>()

    /// The index of each source's cursor in the heap, counted from 1; nil if there is no cursor.
    private var heapIndices: SourceMap?

    /// The number of pending updates: exact up to the limit of `add`, except for entries that have changed since.
    private(set) var count = 0

    /// Adds the live entries of a source above `version`, in place of its pending ones. O(log s), and counting the
    /// entries, up to `limit`. O(1) if the same version was requested before and none of its entries was removed yet.
    @inline(never)
    mutating func add(_ source: SourceID, above version: Version, countingTo limit: Int, in replica: Store) {
        if let index = heapIndex(of: source) {
            guard heap.elements[index].requested != version else { return }
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
        if heapIndices == nil { heapIndices = SourceMap(isRoomy: true) }
        let indices = heapIndices
        heap.insert(
            cursor, precedes: { Self.precedes($0, $1, replica) }, moved: { Self.note($1, of: $0, in: indices) })
    }

    /// The value of `Store.settled` at which the heap was last in order.
    private var settled: UInt64 = 0

    /// Removes the next entry and returns it, borrowed.
    mutating func next(in replica: Store) -> Record? {
        restoreOrder(in: replica)
        while let cursor = heap.elements.first {
            let record = cursor.isLive(in: replica) ? replica.keys[cursor.key] : nil
            heap.elements[0].requested = nil
            if cursor.pending > 0 {
                heap.elements[0].pending -= 1
                count -= 1
            }
            if heap.elements[0].advance(in: replica) { restoreFirst(in: replica) } else { remove(at: 0, in: replica) }
            if let record { return record }
        }
        heapIndices = nil
        return nil
    }

    /// Restores the heap. A host's order compares whole entries, and the entries of cursors may have been superseded.
    private mutating func restoreOrder(in replica: Store) {
        guard settled != replica.entryChanges else { return }
        settled = replica.entryChanges
        guard replica.configuration.sort != nil else { return }
        var cursors: [Cursor] = []
        for var cursor in heap.elements {
            guard cursor.isLive(in: replica) || cursor.advance(in: replica) else {
                count -= cursor.pending
                heapIndices?.set(cursor.source, to: 0)
                continue
            }
            cursors.append(cursor)
            Self.note(cursors.count - 1, of: cursor, in: heapIndices)
        }
        heap.elements = cursors
        let indices = heapIndices
        heap.restoreAll(
            precedes: { Self.precedes($0, $1, replica) }, moved: { Self.note($1, of: $0, in: indices) })
    }

    /// Puts the first cursor, which has advanced, in its place.
    private mutating func restoreFirst(in replica: Store) {
        let indices = heapIndices
        heap.restoreFirst(
            precedes: { Self.precedes($0, $1, replica) }, moved: { Self.note($1, of: $0, in: indices) })
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
    private static func note(_ index: Int, of cursor: Cursor, in indices: SourceMap?) {
        indices?.set(cursor.source, to: UInt64(index + 1))
    }

    @inline(never)
    private mutating func remove(at index: Int, in replica: Store) {
        count -= heap.elements[index].pending
        heapIndices?.set(heap.elements[index].source, to: 0)
        let indices = heapIndices
        heap.remove(
            at: index, precedes: { Self.precedes($0, $1, replica) }, moved: { Self.note($1, of: $0, in: indices) })
    }

    private static func precedes(_ a: Cursor, _ b: Cursor, _ replica: Store) -> Bool {
        if let sort = replica.configuration.sort {
            guard let left = replica.keys[a.key], let right = replica.keys[b.key] else { return a.version < b.version }
            return sort(replica.update(of: left), replica.update(of: right))
        }
        if a.version != b.version { return a.version < b.version }
        return replica.sources[a.source].id.precedes(replica.sources[b.source].id)
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
