/// The changes of a replica since the sequence was created: see ``Replica/changes(limit:)``.
///
/// The sequence is for one consumer. It ends when its task is cancelled, or when the replica is released, which the sequence
/// does not prevent.
public struct Changes: AsyncSequence, Sendable {
    /// A change of a replica.
    public enum Element: Hashable, Sendable {
        /// An update has become the entry of its key.
        case update(Update)
        /// Updates were dropped because the consumer was slow: read ``Replica/entries(prefix:)``, and continue with the changes
        /// that follow.
        case missed
    }

    /// Changes never fail.
    public typealias Failure = Never

    let buffer: ChangeBuffer

    /// Makes an iterator. All iterators of a sequence share its pending changes.
    public func makeAsyncIterator() -> Iterator {
        Iterator(buffer: buffer, signals: buffer.signals.makeAsyncIterator())
    }

    /// Waits for changes, one at a time.
    public struct Iterator: AsyncIteratorProtocol {
        let buffer: ChangeBuffer
        var signals: AsyncStream<Void>.Iterator

        /// Returns the next change, and waits if there is none; nil at the end.
        public mutating func next() async -> Element? {
            await next(isolation: nil)
        }

        /// Returns the next change, and waits if there is none; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            while true {
                if let change = buffer.pop() { return change }
                // At the end, the buffer may still have changes.
                if await signals.next(isolation: actor) == nil { return buffer.pop() }
            }
        }
    }
}

/// The pending updates of a consumer: the latest one of each key, in order of arrival, for `limit` keys at most.
final class ChangeBuffer: Sendable {
    fileprivate struct Pending {
        /// Nil in place of an update that a later one of its key has superseded.
        var updates: [Update?] = []
        /// The count of updates that the consumer has received.
        var consumed = 0
        /// The index of a key's update.
        var indices: [String: Int] = [:]
        var hasMissed = false
        var hasFinished = false
    }

    /// One signal for any number of changes.
    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let limit: Int
    private let pending = Locked(Pending())

    init(limit: Int) {
        self.limit = Swift.max(1, limit)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func append(_ update: Update) {
        pending.withLock { pending in
            guard !pending.hasFinished else { return }
            if let index = pending.indices[update.key] {
                pending.updates[index] = nil
            } else if pending.indices.count == limit {
                pending = Pending(hasMissed: true)
                return
            }
            if pending.updates.count >= 2 * pending.indices.count + 16 { pending.sweep() }
            pending.indices[update.key] = pending.updates.count
            pending.updates.append(update)
        }
        signal.yield()
    }

    func pop() -> Changes.Element? {
        let (change, hasMore) = pending.withLock { pending in (pending.pop(), !pending.indices.isEmpty) }
        // Another iterator may wait for it.
        if hasMore { signal.yield() }
        return change
    }

    func finish() {
        pending.withLock { $0.hasFinished = true }
        signal.finish()
    }
}

extension ChangeBuffer.Pending {
    fileprivate mutating func pop() -> Changes.Element? {
        guard !hasMissed else {
            hasMissed = false
            return .missed
        }
        while consumed < updates.count {
            let next = updates[consumed]
            updates[consumed] = nil
            consumed += 1
            guard let next else { continue }
            indices[next.key] = nil
            return .update(next)
        }
        (updates, consumed) = ([], 0)
        return nil
    }

    /// Removes the superseded updates.
    fileprivate mutating func sweep() {
        updates = updates[consumed...].filter { $0 != nil }
        consumed = 0
        for (index, update) in updates.enumerated() {
            if let update { indices[update.key] = index }
        }
    }
}
