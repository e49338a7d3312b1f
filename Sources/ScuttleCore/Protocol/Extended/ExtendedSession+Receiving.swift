/// Deltas from the peer: heads and updates.
extension ExtendedSession {
    /// Applies the head of a delta.
    /// - Throws: `.unasked` on a stream, `.readOnly`, and the error that ended the link.
    @_optimize(speed)
    func receive(_ head: DeltaHead) throws(Failure) {
        guard !isReadOnly else { throw Failure(.readOnly, "a peer sent a delta on a read-only link") }
        guard isRequested(head) else {
            incoming.endHead()
            // A late or repeated datagram is no error.
            incoming.isDropped = context.transport.mayRepeat || incoming.dropsUnrequested
            guard !incoming.isDropped else { return }
            incoming.isUnrequested = true
            throw Failure(.unasked, "a delta belongs to no open request of this link")
        }
        (incoming.isDropped, incoming.dropsUnrequested) = (false, false)
        incoming.isUnrequested = false
        // In datagrams a delta has many heads.
        if context.transport.keepsOrder || incoming.transfer == nil {
            incoming.exceptionsBefore = replica.refused?.lastSequence ?? replica.exceptionSequence
        }
        incoming.begin(head, at: replica.arrivals.last)
        memory?.noteDelta(for: head.nonce)
        if head.window > 0 {
            incoming.window = head.window
            pending.requestsMissing = true
            // An early delta has no progress, so a vector for one of its windows looks like any other.
            if head.mode != .early { pending.countWindowEnd() }
        }
    }

    private func isRequested(_ head: DeltaHead) -> Bool {
        if replica.configuration.disabledRules.contains(.request) { return true }
        return head.incarnation == replica.incarnation && requests.isOpen(head.nonce, for: head.mode)
    }

    /// Applies an update.
    /// - Throws: the errors of `Store.take`; `.readOnly`; `.unasked` for an update that belongs to no delta.
    ///   `.identity` ends the link.
    @_optimize(speed)
    func receive(_ update: IncomingUpdate, _ line: Bytes) throws(Failure) {
        guard !isReadOnly else {
            throw Failure(.readOnly, "a peer sent an update on a read-only link")
        }
        guard !incoming.isDropped else { return }
        guard let head = incoming.head else { throw Failure(.unasked, "an update belongs to no delta") }
        incoming.note(line: line)
        defer { if replica.hasSeenEquivocation { context.reportEquivocation() } }
        var beaten: Failure?
        do throws(Failure) {
            guard try !isRefusedAsStale(update, head) else { return }
            if replica.isSelective, try isRefused(update, head) { return }
            switch try replica.apply(update, isExempt: !head.mode.claimsVector) {
            case .covered: break
            case .equivocation(let failure):
                beaten = failure
                incoming.pending.leaveOut()
            case .accepted(let record) where head.mode.hasCovers: incoming.pending.hold(record)
            case .accepted(let record):
                applyFromState(record, head)
                record.release()
            }
        } catch {
            if error.code == .keySize { return try receive(refused: update, head, error) }
            exclude(update)
            throw ending(error)
        }
        if replica.isSelective { replica.settleException(update) }
        if head.mode.isWhole { noteKept(update, head) }
        if let beaten { throw beaten }
    }

    /// Applies a record of a state, reset, early or contents delta.
    @_optimize(speed)
    private func applyFromState(_ record: Record, _ head: IncomingDelta.Head) {
        let source = replica.sources[record.source]
        if replica.configuration.disabledRules.contains(.commit), head.mode.claimsVector {
            replica.cover(record.source, upTo: record.version)
            source.raiseFloor(to: record.version)
        }
        // Its dot was covered already, and the history does not have it.
        if record.isEntry, record.version <= source.covered {
            replica.bypassHistory(source, upTo: record.version)
            republishMissing(record, head)
        }
        if head.mode == .state, !record.isEntry, record.version > source.covered { noteContradiction(by: record) }
    }

    /// Republishes a missing update that has become the entry, if its dot is at or below the highest GC version: other replicas may
    /// have accounted for it with a purged delete that its sender had refused. All replicas accept it under a new dot.
    @inline(never)
    private func republishMissing(_ record: Record, _ head: IncomingDelta.Head) {
        guard replica.refused != nil, head.mode.claimsVector, !record.isDelete,
            record.version <= replica.highestPurged, replica.mayWrite, let key = replica.keys.find(record.key)
        else { return }
        replica.version = max(replica.version, replica.highestPurged)
        replica.republish(key, record)
    }

    /// Notes an entry of the peer's that nobody vouches for and that loses here. A peer that had the winner would not
    /// hold it.
    private func noteContradiction(by record: Record) {
        guard let key = replica.keys.find(record.key), let winner = replica.keys[key], isContradicted(winner) else {
            return
        }
        incoming.noteContradiction(key)
    }

    /// Whether the peer has covered a winner, and nothing explains why it holds the loser.
    private func isContradicted(_ winner: Record) -> Bool {
        peer.confirmed(winner.source, in: replica) >= winner.version && (memory == nil || mayAccept(winner))
    }

    /// Republishes the winners of entries that the peer holds though it has covered the winners. Otherwise it could
    /// hold them for ever.
    func settleContradictions() {
        for key in incoming.contradictions {
            guard replica.mayWrite, let winner = replica.keys[key], isContradicted(winner) else { continue }
            noteGivenAgain(winner)
            replica.republish(key, winner)
        }
    }

    /// Whether an update is refused as stale: its delta is for a request from before a purge, and it might lose to a
    /// purged tombstone. It is requested again.
    func isRefusedAsStale(_ update: IncomingUpdate, _ head: IncomingDelta.Head) throws(Failure) -> Bool {
        guard head.epoch != replica.epoch, update.version <= replica.highestPurged,
            !replica.configuration.disabledRules.contains(.epoch)
        else { return false }
        let known = replica.sources.recall(update.source)
        try replica.check(update, from: known)
        try replica.checkIdentity(of: known, claims: update.version)
        let id = try replica.sourceID(for: update.source)
        guard update.version > replica.sources[id].covered || replica.isMissing(id, update.version) else {
            return false
        }
        if head.mode.hasCovers { incoming.exclude(id) } else { incoming.excludesAll = true }
        requestAgain()
        return true
    }

    /// Notes which entry the peer has of an update's key.
    /// - Parameter isHere: the peer's entry does not tell anything about the entry here.
    @inline(never)
    func noteKept(_ update: IncomingUpdate, _ head: IncomingDelta.Head, isHere: Bool = false) {
        guard let key = replica.keys.find(update.key), let entry = replica.keys[key] else { return }
        let isSame =
            if isHere {
                true
            } else if !head.mode.claimsVector {
                update.hasContent(of: entry) && entry.timestamp.version == update.writtenVersion
                    && replica.sources[entry.timestamp.source].id.equals(update.writer)
            } else {
                entry.version == update.version && replica.sources[entry.source].id.equals(update.source)
            }
        incoming.note(key, isSame ? entry.arrival : .max)
    }
}
