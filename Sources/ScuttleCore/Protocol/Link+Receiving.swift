/// Deltas that come in: updates, the covers that make them count, and commits.
extension Link {
    /// - Throws: `.unasked` on a stream, `.readOnly`, and what ended the link.
    @_optimize(speed)
    public func receive(_ head: DeltaHead) throws(Failure) {
        guard try speaksExtended() else { return }
        guard !isReadOnly else { throw Failure(.readOnly, "a delta came in on a read-only link") }
        guard isAsked(head) else {
            incoming.endHead()
            // A late or repeated datagram is nobody's fault.
            incoming.isDropped = isDatagram || incoming.dropsUnasked
            guard !incoming.isDropped else { return }
            incoming.isUnasked = true
            throw Failure(.unasked, "a delta answers no open request of this link")
        }
        (incoming.isDropped, incoming.dropsUnasked) = (false, false)
        incoming.isUnasked = false
        // In datagrams a delta has many heads.
        if !isDatagram || incoming.transfer == nil {
            incoming.exceptionsBefore = replica.refused?.clock ?? replica.exceptionClock
        }
        incoming.begin(head, at: replica.arrivals.last)
        memory?.noteAnswer(to: head.nonce)
        if head.window > 0 {
            incoming.window = head.window
            pending.wantsRest = true
            // Nothing is told of how far an early delta has come, so one answer to it cannot be told from another.
            if head.mode != .early { pending.countAnswer() }
        }
    }

    private func isAsked(_ head: DeltaHead) -> Bool {
        if replica.configuration.disabledRules.contains(.request) { return true }
        return head.incarnation == replica.incarnation && requests.isOpen(head.nonce, for: head.mode)
    }

    /// - Throws: as `Store.take`; `.readOnly`; `.unasked` for an update that belongs to no delta. An identity that clashes
    ///   ends the link.
    @_optimize(speed)
    func receiveExtended(_ update: IncomingUpdate, _ line: Bytes) throws(Failure) {
        guard !isReadOnly else {
            throw Failure(.readOnly, "an update came in on a read-only link")
        }
        guard !incoming.isDropped else { return }
        guard let head = incoming.head else { throw Failure(.unasked, "an update belongs to no delta") }
        incoming.note(line: line)
        defer { if replica.hasSeenEquivocation { tellEquivocation() } }
        var beaten: Failure?
        do throws(Failure) {
            guard try !isRefusedAsStale(update, head) else { return }
            if replica.isSelective, try isRefused(update, head) { return }
            switch try replica.take(update, isExempt: head.mode == .contents) {
            case .old: break
            case .beaten(let failure):
                beaten = failure
                incoming.leaveOut()
            case .news(let record) where head.mode == .log: incoming.hold(record)
            case .news(let record):
                takeFromState(record, head)
                record.release()
            }
        } catch {
            if error.code == .keySize { return try receive(refused: update, head, error) }
            exclude(update)
            throw ending(error)
        }
        if replica.isSelective { settleException(update) }
        if head.mode.isWhole { noteKept(update, head) }
        if let beaten { throw beaten }
    }

    /// Tells the host where an update had another content than is known here under its timestamp, and was not refused for that.
    func tellEquivocation() {
        replica.hasSeenEquivocation = false
        raise(.diverged, .corrupt)
    }

    /// A record that came with a state, reset, early or contents delta.
    @_optimize(speed)
    private func takeFromState(_ record: Record, _ head: IncomingDelta.Head) {
        let source = replica.sources[record.source]
        if replica.configuration.disabledRules.contains(.commit), head.mode != .contents {
            replica.cover(record.source, upTo: record.version)
            source.raiseFloor(to: record.version)
        }
        // Its dot was covered already, and the history has gone on.
        if record.isEntry, record.version <= source.covered {
            replica.leaveOut(source, upTo: record.version)
            republishMissing(record, head)
        }
        if head.mode == .state, !record.isEntry, record.version > source.covered { noteContradiction(by: record) }
    }

    /// Republishes a missing update that has become the entry, if its dot is at or below the highest GC version: other replicas may
    /// have accounted for it with a purged delete that its sender had refused. Under a new dot all replicas take it.
    @inline(never)
    private func republishMissing(_ record: Record, _ head: IncomingDelta.Head) {
        guard replica.refused != nil, head.mode != .contents, !record.isDelete,
            record.version <= replica.highestPurged, replica.mayWrite, let key = replica.keys.find(record.key)
        else { return }
        replica.version = max(replica.version, replica.highestPurged)
        replica.republish(key, record)
    }

    /// An entry of the peer's that nobody vouches for is beaten here. A peer that had the winner would not hold it.
    private func noteContradiction(by record: Record) {
        guard let key = replica.keys.find(record.key), let winner = replica.keys[key], isContradicted(winner) else {
            return
        }
        incoming.noteContradiction(key)
    }

    /// Whether the peer has covered a winner, and nothing says why it holds an entry that loses to it.
    private func isContradicted(_ winner: Record) -> Bool {
        peer.confirmed(winner.source, in: replica) >= winner.version && (memory == nil || mayTake(winner))
    }

    /// The peer holds entries that lose to what it has covered, and could go on so for ever: it gets the winners once more.
    private func settleContradictions() {
        for key in incoming.contradictions {
            guard replica.mayWrite, let winner = replica.keys[key], isContradicted(winner) else { continue }
            noteGivenAgain(winner)
            replica.republish(key, winner)
        }
    }

    /// A delta for a request from before something was forgotten here: what that might have beaten is not taken, and asked for
    /// anew.
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
        if head.mode == .log { incoming.exclude(id) } else { incoming.excludesAll = true }
        askAgain()
        return true
    }

    /// - Parameter isHere: the peer's entry of the key says nothing of the one here.
    @inline(never)
    func noteKept(_ update: IncomingUpdate, _ head: IncomingDelta.Head, isHere: Bool = false) {
        guard let key = replica.keys.find(update.key), let entry = replica.keys[key] else { return }
        let isSame =
            if isHere {
                true
            } else if head.mode == .contents {
                update.hasContent(of: entry) && entry.timestamp.version == update.writtenVersion
                    && replica.sources[entry.timestamp.source].id.equals(update.writer)
            } else {
                entry.version == update.version && replica.sources[entry.source].id.equals(update.source)
            }
        incoming.note(key, isSame ? entry.arrival : .max)
    }

    // MARK: Log

    /// Intervals that join on to what is covered here make the updates since the latest cover count.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`, `.identity`, which ends the link, `.unasked`, `.readOnly`, and what
    ///   ended the link.
    @_optimize(speed)
    public func receive(_ cover: Cover) throws(Failure) {
        guard try speaksExtended() else { return }
        guard !isReadOnly else { throw Failure(.readOnly, "a cover came in on a read-only link") }
        guard !incoming.isDropped else { return }
        guard let head = incoming.head, head.mode == .log else {
            throw Failure(.unasked, "a cover belongs to no log delta")
        }
        let claims = cover.intervals.map { SourceClaim(source: $0.source, covered: $0.until, purged: 0) }
        for claim in claims { try replica.checkJump(to: claim.covered) }
        let ids = try sources(of: claims)
        guard incoming.takeCheck(cover.check) || replica.configuration.disabledRules.contains(.check) else {
            // A line was lost, repeated, swapped or altered: what has come counts for nothing.
            incoming.closePending()
            return askAgain()
        }
        incoming.dropClosed()
        let order = cover.intervals.count > Self.fewIntervals ? incoming.ascending() : nil
        for case (let id?, let interval) in zip(ids.numbers, cover.intervals) {
            let source = replica.sources[id]
            guard !incoming.excludes(id) else { continue }
            peer.note(id, covered: interval.until, in: replica)
            let until = checked(interval.until, of: id)
            guard until > source.covered else { continue }
            guard interval.since <= source.covered || replica.configuration.disabledRules.contains(.covers) else {
                askAgain()
                continue
            }
            var entries = 0
            if let order {
                order.forEach(of: id, above: source.covered, upTo: until) { entries += Int($0.number) }
            } else {
                var last = source.covered
                for record in incoming.pending
                where record.source == id && record.version > last && record.version <= until {
                    last = record.version
                    if record.isEntry { entries += 1 }
                }
            }
            replica.cover(id, upTo: until, remembering: entries)
            // What beats it is here, and may not be with whom this replica tells of it next.
            if interval.leftOut > source.floor { replica.leaveOut(source, upTo: min(interval.leftOut, until)) }
            if incoming.hasLostPending { replica.leaveOut(source, upTo: until) }
        }
        for record in incoming.pending {
            let source = replica.sources[record.source]
            let counts = record.version <= source.covered || replica.configuration.disabledRules.contains(.ownCover)
            guard counts, record.version > source.reach else { continue }
            echoes += 1
            replica.remember(record)
        }
        incoming.closePending()
        if replica.refused != nil { noteUntold() }
        replica.forgetSurplusTombstones()
        try checkRoom(ids)
    }

    /// For so many intervals the updates that wait are looked through as they are.
    private static var fewIntervals: Int { 4 }

    // MARK: State, reset and contents

    /// On a stream: the updates so far are what was sent.
    /// - Throws: as for a commit.
    @_optimize(speed)
    public func receive(_ mark: ProgressMark) throws(Failure) {
        guard try speaksExtended() else { return }
        guard !isReadOnly else { throw Failure(.readOnly, "a mark came in on a read-only link") }
        guard !isDatagram else { return }
        guard incoming.head?.mode.endsWithCommit == true else { throw Failure(.unasked, "a mark belongs to no delta") }
        incoming.mark(upTo: mark.sequence, mark.check, isChecked: isChecked)
    }

    private var isChecked: Bool { !replica.configuration.disabledRules.contains(.check) }

    /// The peer has forgotten the tombstones of keys that it may have named in the reset that goes on.
    /// - Throws: as for a commit.
    @_optimize(speed)
    public func receive(_ forgotten: ForgottenKeys) throws(Failure) {
        guard try speaksExtended() else { return }
        guard !isReadOnly else { throw Failure(.readOnly, "a forgot came in on a read-only link") }
        guard !incoming.isDropped, !incoming.isUnasked, let transfer = incoming.transfer, transfer.mode == .reset,
            transfer.kind == forgotten.since
        else { return }
        for key in forgotten.keys {
            if let id = replica.keys.find(key) { transfer.dropKept(id) }
        }
        if forgotten.isLast { transfer.advance(to: forgotten.epoch) }
    }

    /// With the last part of its commit a delta is whole, and its sender's vector is this replica's too.
    /// - Throws: as for a cover.
    public func receive(_ part: CommitPart) throws(Failure) {
        guard try speaksExtended() else { return }
        guard !isReadOnly else { throw Failure(.readOnly, "a commit came in on a read-only link") }
        guard !incoming.isDropped else { return }
        guard isDatagram || incoming.head?.mode.endsWithCommit == true else {
            throw Failure(.unasked, "a commit belongs to no delta")
        }
        let claims = part.claims.map { SourceClaim(source: $0.source, covered: $0.covered, purged: $0.purged) }
        for claim in claims { try replica.checkJump(to: claim.covered) }
        for claim in part.retired { try replica.checkJump(to: claim.version) }
        let ids = try sources(of: claims)
        guard let head = incoming.head, head.mode.endsWithCommit else { return }
        var exceptions = exceptions(of: part.excepted)
        let most = replica.configuration.maxRefused
        if exceptions.count + (incoming.transfer?.excepted.count ?? 0) > most &+ min(most, .max - most) {
            // More than could be remembered of them: they are not kept, and the commit does not hold.
            exceptions = []
            incoming.excludesAll = true
        }
        guard incoming.take(part, ids.numbers, exceptions, isDatagram: isDatagram, isChecked: isChecked) else {
            if part.isLast { askForTheRest(of: head) }
            return try checkRoom(ids)
        }
        defer { incoming.endCommit(isDatagram: isDatagram) }
        // In datagrams new updates go on as the same delta.
        if !isDatagram || head.mode != .state { requests.close(head.nonce) }
        if head.mode == .contents {
            if !incoming.excludesAll, pending.takeOverhaul() { finishContents() }
            return
        }
        let epoch = replica.epoch
        let excepted = incoming.exceptions
        if head.mode == .reset {
            // The next gossip requests it again.
            guard pending.takeOverhaul() else { return }
            guard head.epoch == epoch || replica.configuration.disabledRules.contains(.epoch), reset(excepted) else {
                // It may have taken away something all the same.
                if replica.epoch != epoch {
                    replica.dropTransfers()
                    replica.tornAt = replica.revision
                }
                return askForReset()
            }
            allowResets()
        }
        var isForgetting = false
        for claim in incoming.claims where !incoming.excludes(claim.source) {
            let source = replica.sources[claim.source]
            let covered = checked(claim.covered, of: claim.source)
            peer.note(claim.source, covered: claim.covered, in: replica)
            if covered > source.covered {
                // What the sender took this replica to have was left out.
                guard head.mode == .reset || claim.since <= source.covered else {
                    askAgain()
                    continue
                }
                let until = replica.adopt(
                    excepted, of: claim.source, upTo: covered, evictingBefore: incoming.exceptionsBefore)
                replica.cover(claim.source, upTo: until)
                replica.leaveOut(source, upTo: until)
            }
            // Less is covered if there is no room for an exception, and no more is purged than covered.
            if head.mode == .reset, claim.purged <= min(covered, source.covered),
                replica.notePurged(source, claim.purged)
            {
                isForgetting = true
            }
        }
        if !incoming.excludesAll {
            let ended = endedSources
            if replica.refused != nil {
                let keys = replica.keysRefusedAhead()
                for dot in incoming.accounted { replica.dropAccounted(dot, unlessOf: keys) }
                for claim in ended { replica.dropExceptions(endedBy: claim, unlessOf: keys) }
            }
            for claim in ended {
                if replica.adopt(claim, isReset: head.mode == .reset) { isForgetting = true }
                if let position = replica.retired.find(claim.hash), replica.retired[position].version == claim.version {
                    peer.retired.note(position, in: replica.retired)
                }
            }
            if !ended.isEmpty { remembering().tookRetired = head.nonce }
            memory?.heardRetired = []
        }
        if head.mode == .reset {
            peer.noteReset()
            // What the reset took away may be among what has come of others' deltas.
            replica.dropTransfers()
        }
        if isForgetting, replica.epoch == epoch { replica.epoch += 1 }
        settleContradictions()
        if replica.refused != nil { noteUntold() }
        replica.forgetSurplusTombstones()
        if incoming.isComplete { noteSettled(head.nonce) }
        // The peer's request had to wait for its reset.
        if head.mode == .reset, isDeferred { beginDelta() }
        try checkRoom(ids)
    }

    /// The delta has come to its end, and not all of it here.
    private func askForTheRest(of head: IncomingDelta.Head) {
        if isDatagram {
            pending.wantsRest = true
        } else {
            incoming.endHead()
            pending.hasAskedAgain = false
            askAgain()
        }
    }

    /// The ended sources that the sender of a whole delta has named, in it or in vectors before it.
    var endedSources: [RetiredClaim] {
        guard let heard = memory?.heardRetired, !heard.isEmpty else { return incoming.retired }
        return heard + incoming.retired
    }
}
