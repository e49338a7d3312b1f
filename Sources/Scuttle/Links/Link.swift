/// A replica's conversation with one peer, in messages: what came in goes to `receive`, what is to go out comes from the
/// batch.
///
/// What a link still has to send is derived when it is wanted: the digests from a walk over the sources, the updates from
/// the cursors of an answer. Nothing is dropped and nothing is queued. A link is over the high-water mark from the
/// moment that it owes `mtu` messages or more until it owes none.
///
/// This is the classic dialect, simple-scuttle's own. The extended one will say hello first, and add its messages here.
public final class Link {
    private unowned(unsafe) let replica: Replica
    private let isReadOnly: Bool

    /// Where it stands in `Replica.links`.
    fileprivate var place: Int

    private var round = DigestRound()
    private var walk: DigestWalk?
    private var answer = Answer()
    private var batch = Batch()
    /// The bytes of the batch that `peek` has shown and nobody has taken yet.
    private var shown = 0
    public private(set) var isOverHighWaterMark = false

    fileprivate init(_ replica: Replica, place: Int, isReadOnly: Bool) {
        self.replica = replica
        self.place = place
        self.isReadOnly = isReadOnly
    }
}

extension Replica {
    /// Opens a link to one more peer. The replica must outlive it.
    /// - Throws: `.links`.
    public func openLink(isReadOnly: Bool) throws(Failure) -> Link {
        guard links.count < configuration.limits.links else {
            throw Failure(.links, "another link than the \(links.count) open; max_links")
        }
        let link = Link(self, place: links.count, isReadOnly: isReadOnly)
        links.append(link)
        return link
    }

    /// Closes a link; what it still had to send is dropped, here and now: the object itself may go later, when nothing
    /// protects the records that it held.
    public func close(_ link: Link) {
        link.letGo()
        let last = links.removeLast()
        guard last !== link else { return }
        last.place = link.place
        links[link.place] = last
    }

    /// Asks every peer for what is new.
    public func gossip() {
        for link in links { link.gossip() }
    }
}

// MARK: - Messages in

extension Link {
    /// Asks this peer for what is new; digests that still wait are enough. Renews the replica's promise.
    public func gossip() {
        replica.renewPromise()
        if walk == nil, !batch.hasDigests { walk = DigestWalk(over: replica.sources.count, &replica.random) }
        noteBacklog()
    }

    /// - Throws: `.readOnly`, `.key`, `.keySize`, `.nul`, `.id`, `.version`, `.versionJump`, `.identity`, `.sources`.
    public func receive(_ update: IncomingUpdate) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "an update came in on a read-only link") }
        try replica.receive(update)
    }

    /// The peer has a source up to `version`, and wants what is above.
    /// - Throws: `.id`, `.nul`, `.version`, `.identity`.
    public func receiveDigest(of source: Bytes, at version: Version) throws(Failure) {
        try Limits.check(clockOf: source, at: version)
        guard let id = replica.sources.find(source) else { return }
        try replica.checkIdentity(of: id, claims: version)
        round.name(id, of: replica.sources.count)
        answer.owe(id, above: version, countingTo: replica.configuration.mtu, in: replica)
        noteBacklog()
    }

    /// The peer has named all that it has, and wants everything of the sources that it did not name.
    public func receiveDone() {
        for id in 0..<SourceID(truncatingIfNeeded: replica.sources.count) where !round.hasNamed(id) {
            answer.owe(id, above: 0, countingTo: replica.configuration.mtu, in: replica)
        }
        round = DigestRound()
        noteBacklog()
    }
}

// MARK: - Messages out

extension Link {
    /// Copies what is to be sent into `buffer`; returns the number of bytes, 0 where there is nothing now. O(bytes).
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var filled = 0
        while filled < buffer.count, fill() {
            var taken = 0
            batch.visitSpans(most: Batch.most) { span in
                let count = min(span.count, buffer.count - filled - taken)
                guard count > 0, let from = span.baseAddress, let to = buffer.baseAddress else { return }
                (to + filled + taken).copyMemory(from: from, byteCount: count)
                taken += count
            }
            batch.consume(taken)
            filled += taken
        }
        if filled > 0 { shown = 0 }
        noteDrain()
        return filled
    }

    /// Shows what is to be sent, in up to `most` pieces, which stay valid until the next call. O(pieces).
    public func peek(most: Int, _ visit: (Bytes) -> Void) {
        noteDrain()
        _ = fill()
        shown = 0
        batch.visitSpans(most: min(most, Batch.most)) { span in
            shown += span.count
            visit(span)
        }
    }

    /// Lets go of bytes that `peek` showed.
    /// - Throws: `.argument` where there are not as many.
    public func consume(_ count: Int) throws(Failure) {
        guard count >= 0, count <= shown else {
            throw Failure(.argument, "\(count) bytes are more than the \(shown) that were shown")
        }
        batch.consume(count)
        shown -= count
        noteDrain()
    }

    /// Fills an empty batch; false where there is nothing to send.
    private func fill() -> Bool {
        guard batch.isEmpty else { return true }
        let most = min(max(replica.configuration.mtu, 1), Batch.most)
        while batch.count < most, appendNext() {}
        return !batch.isEmpty
    }

    private func appendNext() -> Bool {
        while let id = walk?.next() {
            let source = replica.sources[id]
            guard source.covered > 0 else { continue }
            batch.appendDigest(of: source)
            return true
        }
        if walk != nil {
            walk = nil
            batch.appendDone()
            return true
        }
        guard let record = answer.next(in: replica) else { return false }
        batch.append(record)
        return true
    }
}

// MARK: - The high-water mark

extension Link {
    private func noteBacklog() {
        let backlog = batch.count + (walk?.messagesLeft ?? 0) + answer.count
        guard !isOverHighWaterMark, backlog >= replica.configuration.mtu else { return }
        isOverHighWaterMark = true
        replica.linksOverMark += 1
    }

    private func noteDrain() {
        if isOverHighWaterMark, !fill() { leaveHighWaterMark() }
    }

    fileprivate func letGo() {
        walk = nil
        answer = Answer()
        batch = Batch()
        shown = 0
        leaveHighWaterMark()
    }

    private func leaveHighWaterMark() {
        guard isOverHighWaterMark else { return }
        isOverHighWaterMark = false
        replica.linksOverMark -= 1
        if replica.linksOverMark == 0 { replica.configuration.onDrain?() }
    }
}
