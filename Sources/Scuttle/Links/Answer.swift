/// The updates that a link owes its peer: for each source that the peer asked for, the live entries above what it has.
///
/// Nothing is queued: a cursor per source finds the next entry in the source's index when it is wanted, so what a slow peer
/// has not taken costs no memory, and is sent as it is by then. The cursors form a heap, which merges the sources in the
/// order of `Configuration.sort`; within a source versions ascend, so what a peer has received up to is what it
/// has received. Next: O(log s) for s sources, plus a search where an index has been swept.
struct Answer {
    fileprivate struct Cursor {
        let source: SourceID
        var version: Version
        var key: KeyID
        var position: Int
        var generation: UInt32
    }

    private var heap: [Cursor] = []

    /// Whether a source has a cursor; empty where none has.
    private var isOwed: [Bool] = []

    var isEmpty: Bool { heap.isEmpty }

    /// Owes the live entries of a source above `version`, whatever was owed of it before.
    mutating func owe(_ source: SourceID, above version: Version, in replica: Replica) {
        forget(source, in: replica)
        guard replica.sources[source].entries.last > version else { return }
        var cursor = Cursor(source: source, version: version, key: 0, position: 0, generation: 0)
        guard cursor.seek(above: version, in: replica) else { return }
        let count = replica.sources.count
        if isOwed.count < count { isOwed += [Bool](repeating: false, count: count - isOwed.count) }
        isOwed[Int(source)] = true
        heap.append(cursor)
        siftUp(heap.count - 1, replica)
    }

    private mutating func forget(_ source: SourceID, in replica: Replica) {
        guard Int(source) < isOwed.count, isOwed[Int(source)] else { return }
        isOwed[Int(source)] = false
        heap.removeAll { $0.source == source }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index, replica) }
    }

    private mutating func removeFirst(in replica: Replica) {
        isOwed[Int(heap[0].source)] = false
        let last = heap.removeLast()
        guard !heap.isEmpty else {
            isOwed = []
            return
        }
        heap[0] = last
        siftDown(0, replica)
    }

    /// The next update, borrowed.
    mutating func next(in replica: Replica) -> Record? {
        while let cursor = heap.first {
            let record = replica.keys[cursor.key]
            let isLive = record.source == cursor.source && record.version == cursor.version
            if heap[0].advance(in: replica) {
                siftDown(0, replica)
            } else {
                removeFirst(in: replica)
            }
            if isLive { return record }
        }
        return nil
    }

    /// How many updates are owed, counted up to `limit`. O(limit + holes passed).
    func count(upTo limit: Int, in replica: Replica) -> Int {
        var count = 0
        for cursor in heap {
            var cursor = cursor
            repeat { count += 1 } while count < limit && cursor.advance(in: replica)
            if count >= limit { return limit }
        }
        return count
    }

    private func precedes(_ a: Cursor, _ b: Cursor, _ replica: Replica) -> Bool {
        if let sort = replica.configuration.sort {
            return sort(replica.update(of: replica.keys[a.key]), replica.update(of: replica.keys[b.key]))
        }
        if a.version != b.version { return a.version < b.version }
        return replica.sources[a.source].id.precedes(replica.sources[b.source].id)
    }

    private mutating func siftUp(_ index: Int, _ replica: Replica) {
        var index = index
        while index > 0 {
            let parent = (index - 1) / 2
            guard precedes(heap[index], heap[parent], replica) else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ index: Int, _ replica: Replica) {
        var index = index
        while true {
            var first = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && precedes(heap[child], heap[first], replica) {
                first = child
            }
            guard first != index else { return }
            heap.swapAt(index, first)
            index = first
        }
    }
}

extension Answer.Cursor {
    /// Moves to the next live entry; false where there is none.
    fileprivate mutating func advance(in replica: Replica) -> Bool {
        let entries = replica.sources[source].entries
        guard generation == entries.generation else { return seek(above: version, in: replica) }
        return settle(from: position + 1, in: replica)
    }

    /// Moves to the first live entry above a version; false where there is none.
    fileprivate mutating func seek(above version: Version, in replica: Replica) -> Bool {
        settle(from: replica.sources[source].entries.firstPosition(above: version), in: replica)
    }

    private mutating func settle(from start: Int, in replica: Replica) -> Bool {
        let entries = replica.sources[source].entries
        guard let found = entries.nextLive(from: start, of: source, replica.keys) else { return false }
        (position, generation) = (found, entries.generation)
        (version, key) = (entries.version(at: found), entries.key(at: found))
        return true
    }
}
