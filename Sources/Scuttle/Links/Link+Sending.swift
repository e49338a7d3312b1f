/// Deltas: what a peer lacks, from the history where that reaches, from the state where it does not.
extension Link {
    /// Starts to answer the peer's request, or goes on with a delta for it that is on its way.
    func beginDelta(_ progress: Progress? = nil) {
        let peerLags = peerLags
        isDeferred = false
        if peer.isAhead(of: replica.sources), !peerLags || options.contains(.readOnly),
            !replica.configuration.disabledRules.contains(.republish)
        {
            return beginEarlyDelta()
        }
        replica.republish(against: peer)
        replica.settleInversions()
        replica.renewPromise()
        checkedEpoch = replica.epoch
        checkedDetours = replica.detours
        if var outgoing, outgoing.epoch == peer.epoch,
            outgoing.mode != .early, outgoing.mode != .contents,
            outgoing.mode == .reset ? !isOutdated(outgoing) : !peerLags
        {
            if !isDatagram { return }
            if outgoing.mode != .log, peerLags == (outgoing.mode == .reset) {
                outgoing.nonce = peer.nonce
                outgoing.resume(from: progress)
                self.outgoing = outgoing
                return
            }
        }
        let (mode, start) = wayToAnswer(peerLags: peerLags)
        begin(mode, from: start)
    }

    /// This replica has missed tombstones that the peer has forgotten: what loses to the peer's entries would be republished in
    /// vain, so the peer's reset comes first. What is above all that either has forgotten can go out at once.
    private func beginEarlyDelta() {
        isDeferred = true
        begin(.early, from: 0)
        askForReset()
    }

    private func begin(_ mode: DeltaMode, from start: UInt64) {
        begin(mode, from: start, epoch: peer.epoch, nonce: peer.nonce)
    }

    func begin(_ mode: DeltaMode, from start: UInt64, epoch: UInt64, nonce: UInt64) {
        follows = nil
        withheld = []
        liveHeadIsDue = true
        outgoing = OutgoingDelta(
            mode: mode, id: replica.random.next() & .highest, epoch: epoch, nonce: nonce, start: start, cursor: start,
            begun: replica.arrivals.last)
    }

    /// Whether the peer may have missed a tombstone that has been forgotten here.
    private var peerLags: Bool {
        let lags = peer.lags(behind: replica.sources, replica.retired)
        return memory == nil ? lags : lagsByExceptions() || lags
    }

    /// Which delta the peer gets, and where it begins: the history, where that has all that the peer lacks, and is not mostly
    /// what has been superseded since; the state otherwise.
    private func wayToAnswer(peerLags: Bool) -> (DeltaMode, UInt64) {
        guard !peerLags else { return (.reset, 0) }
        var arrival = firstMissingArrival
        if hasWithheld { return (.state, arrival) }
        if let wanted = firstWantedArrival {
            arrival = min(arrival, wanted)
            return (.state, arrival)
        }
        let holdsNothingAhead = replica.aheadCount == 0 || replica.configuration.disabledRules.contains(.ahead)
        guard holdsNothingAhead, historyReaches else { return (.state, arrival) }
        let number = firstMissingUpdate
        let updates = Int(truncatingIfNeeded: replica.history.end &- number)
        return updates > 2 * replica.arrivals.count(after: arrival) + 64 ? (.state, arrival) : (.log, number)
    }

    /// A live link goes on with what is new, when there is nothing to catch up with.
    func follow() {
        outgoing = nil
        checkedEpoch = replica.epoch
        if options.contains(.live), follows == nil, peer.subscription != 0 { follows = replica.history.end }
    }

    /// The sequence up to which the peer has been given what has arrived here: a tombstone behind it is still needed, lest what
    /// is on its way become a reset.
    var walkPosition: Arrivals.Stamp {
        if let outgoing, !outgoing.isPaused { return outgoing.mode == .log ? 0 : outgoing.cursor }
        guard let follows, follows < replica.history.end else { return .max }
        return 0
    }

    /// Whether the history has all that the peer lacks.
    private var historyReaches: Bool {
        for id in replica.sources.ids
        where peer.covered(id) < replica.sources[id].floor { return false }
        // Of ended sources without entries the history has nothing.
        return !peer.retired.missing(in: replica.retired).any
    }

    private var firstMissingUpdate: UInt64 {
        var first = replica.history.end
        for id in replica.sources.ids {
            let source = replica.sources[id]
            guard source.reach > peer.covered(id) else { continue }
            first = min(first, replica.history.first(of: source, above: peer.covered(id)) ?? first)
        }
        return first
    }

    /// No entry that the peer lacks has arrived here earlier; it may be more careful than need be.
    private var firstMissingArrival: Arrivals.Stamp {
        var first = replica.arrivals.last
        for id in replica.sources.ids {
            let source = replica.sources[id]
            guard source.entries.last > peer.covered(id) else { continue }
            guard source.entries.arrivesInOrder else { return 0 }
            let position = source.entries.firstPosition(above: peer.covered(id))
            guard let found = source.entries.nextLive(from: position, of: id, replica.keys),
                let record = replica.keys[source.entries.key(at: found)]
            else { continue }
            first = min(first, record.arrival - 1)
        }
        return first
    }

    // MARK: Going out

    func appendAnswer(_ room: Room) -> Bool {
        if checkedEpoch != replica.epoch { checkEpoch() }
        if !pending.isEmpty { return appendControl(room) }
        if let outgoing, !outgoing.isPaused {
            return outgoing.mode == .log ? appendLog(outgoing, room) : appendState(outgoing, room)
        }
        guard let follows else { return false }
        if checkedDetours != replica.detours {
            checkedDetours = replica.detours
            if !historyReaches {
                restart()
                return appendPending(room)
            }
        }
        return follows < replica.history.end && appendNews(from: follows, room)
    }

    /// After something has been forgotten here, what the peer lacks may have become another thing.
    private func checkEpoch() {
        guard !replica.configuration.disabledRules.contains(.restart) else { return }
        checkedEpoch = replica.epoch
        if let outgoing, outgoing.mode.isWhole || outgoing.mode == .early {
            if outgoing.mode == .reset, isOutdated(outgoing) { restart() }
        } else if outgoing != nil || follows != nil, peerLags {
            restart()
        }
    }

    /// Whether something may have been deleted and forgotten here since this reset began: where it has been sent before, it
    /// would stay with the peer.
    private func isOutdated(_ reset: OutgoingDelta) -> Bool {
        replica.newestPurgedArrival > reset.begun && !replica.configuration.disabledRules.contains(.restart)
    }

    private func restart() {
        let wasFollowing = outgoing == nil
        outgoing = nil
        if wasFollowing {
            // The peer has asked for what is new, and has to say what else it lacks.
            follows = nil
            askAgain()
        } else {
            beginDelta()
        }
    }

    /// What a restart asks for.
    private func appendPending(_ room: Room) -> Bool {
        !pending.isEmpty && appendControl(room)
    }

    private func head(_ outgoing: OutgoingDelta) -> DeltaHead {
        DeltaHead(
            mode: outgoing.mode, incarnation: peer.incarnation, epoch: outgoing.epoch, nonce: outgoing.nonce,
            delta: outgoing.id, span: nil, pauses: false)
    }

    // MARK: From the history

    private func appendLog(_ outgoing: OutgoingDelta, _ room: Room) -> Bool {
        var outgoing = outgoing
        var head = head(outgoing)
        head.pauses = isDatagram && outgoing.window == 1
        var news = LogDelta(from: outgoing.cursor, head: outgoing.headIsDue || isDatagram ? head : nil, room, self)
        news.collect(self)
        guard !news.hasGap else {
            self.outgoing = nil
            beginDelta()
            return appendAnswer(room)
        }
        if news.cursor == replica.history.end { news.collectPromises(from: &outgoing.source, self) }
        outgoing.cursor = news.cursor
        let isWhole = news.cursor == replica.history.end && outgoing.source == replica.sources.count
        let appended = news.finish(self)
        if appended {
            (outgoing.headIsDue, liveHeadIsDue) = (false, false)
            if isDatagram { outgoing.countDatagram() }
            outgoing.isPaused = isDatagram && outgoing.window == 0
        }
        self.outgoing = isWhole ? nil : outgoing
        if isWhole {
            if memory != nil, !appended, outgoing.headIsDue { noteQuiet() }
            follows = nil
            follow()
        }
        return appended || (isWhole && follows != nil && appendAnswer(room))
    }

    private var liveHead: DeltaHead {
        DeltaHead(
            mode: .log, incarnation: peer.incarnation, epoch: peer.epoch, nonce: peer.subscription, delta: 0, span: nil,
            pauses: false)
    }

    private func appendNews(from number: UInt64, _ room: Room) -> Bool {
        if !isDatagram, liveHeadIsDue || batch.isEmpty,
            let broadcast = replica.broadcast(from: number, most: mostMessages), broadcast.fits(peer)
        {
            guard !liveHeadIsDue else {
                // The broadcast follows when the batch is empty again.
                batch.append { $0.appendDelta(liveHead) }
                liveHeadIsDue = false
                return false
            }
            batch.share(broadcast)
            broadcast.note(in: &peer)
            follows = broadcast.until
            return true
        }
        var news = LogDelta(from: number, head: liveHeadIsDue || isDatagram ? liveHead : nil, room, self)
        news.collect(self)
        guard !news.hasGap else {
            restart()
            return appendPending(room)
        }
        follows = news.cursor
        guard news.finish(self) else { return false }
        liveHeadIsDue = false
        return true
    }

    // MARK: From the state

    private func appendState(_ outgoing: OutgoingDelta, _ room: Room) -> Bool {
        var outgoing = outgoing
        let (place, before) = (batch.end, batch.byteCount)
        let begin = outgoing.cursor
        var head = head(outgoing)
        if isDatagram, outgoing.mode != .early {
            head.span = (outgoing.start, begin, replica.arrivals.last)
            head.check = LineCheck(count: UInt64(room.messages), hash: 0)
        }
        head.pauses = isDatagram && outgoing.window == 1
        let hasHead = isDatagram || outgoing.headIsDue
        var left = room.bytes - (hasHead ? batch.measure { $0.appendDelta(head) } : 0)
        guard left >= 0 else { return reportNoSpace(room) }
        var count = 0
        var isAtEnd = true
        var startsAnew = false
        var isTelling = false
        if isDatagram { outgoing.check = LineCheck() }
        replica.arrivals.forEach(after: begin, in: replica.keys) { record in
            if isToSend(record, in: outgoing.mode) {
                guard count < room.messages, !hasFilled else {
                    isAtEnd = false
                    return false
                }
                let line = UpdateLine(of: record, in: replica.sources)
                if line.count > left {
                    guard place == 0, count == 0 else {
                        isAtEnd = false
                        return false
                    }
                    let isNew = withhold(line, left)
                    guard !isNew || !outgoing.hasVouched else {
                        // A commit of this answer may have vouched for it already.
                        startsAnew = true
                        return false
                    }
                    guard failure == nil else {
                        // The host is told before the walk comes here again, and goes on.
                        isTelling = true
                        return false
                    }
                } else {
                    outgoing.check.add(batch.append(line))
                    left -= line.count
                    count += 1
                }
            }
            outgoing.cursor = record.arrival
            return true
        }
        if startsAnew {
            outgoing.startAnew(as: replica.random.next() & .highest)
            self.outgoing = outgoing
            return false
        }
        if isTelling { return false }
        if isAtEnd { outgoing.cursor = replica.arrivals.last }
        if outgoing.headIsDue || (isDatagram && outgoing.cursor > begin) {
            let hasSpan = isDatagram && outgoing.mode != .early
            head.span = hasSpan ? (outgoing.start, begin, outgoing.cursor) : nil
            head.check = hasSpan ? outgoing.check : nil
            head.pauses = head.pauses && !isAtEnd
            batch.insert(at: place) { $0.appendDelta(head) }
            outgoing.headIsDue = false
            if isDatagram { outgoing.countDatagram() }
            outgoing.isPaused = isDatagram && outgoing.window == 0 && !isAtEnd
        }
        self.outgoing = outgoing
        guard isAtEnd else { return batch.end > place }
        guard outgoing.mode != .early else {
            self.outgoing = nil
            return batch.end > place
        }
        let unused = isDatagram ? max(0, room.bytes - (batch.byteCount - before)) : .max
        return appendCommit(Room(messages: room.messages, bytes: unused)) || batch.end > place
    }

    /// Whether the peer gets an entry with a delta of this mode.
    private func isToSend(_ record: Record, in mode: DeltaMode) -> Bool {
        if mode.isWhole { return true }
        guard record.version > peer.covered(record.source) else {
            return memory != nil && mode == .state && isWanted(record)
        }
        guard mode == .early else { return memory == nil || !isSkipped(record) }
        return record.version > max(replica.highestPurged, peer.highestPurged)
            && (replica.inversions.isEmpty
                || replica.keys.find(record.key).map { replica.inversions[$0] == nil } ?? true)
    }

    /// Behind the last update: the vector that the peer has then, as much of it as fits.
    private func appendCommit(_ room: Room) -> Bool {
        guard var outgoing else { return false }
        var room = room
        let place = batch.end
        let items = vectorItems
        var exceptions = self.exceptions
        if isDatagram, !exceptions.isEmpty {
            guard place == 0 else { return false }
            exceptions.fit(datagram: room.bytes)
        }
        func vouchedFor(_ id: SourceID) -> Version {
            exceptions.isEmpty
                ? replica.sources[id].covered
                : exceptions.until(
                    id, above: outgoing.mode == .reset ? 0 : peer.covered(id), replica.sources[id].covered)
        }
        if outgoing.generation != replica.retired.generation {
            (outgoing.source, outgoing.generation) = (0, replica.retired.generation)
        }
        while true {
            var part = CommitPart(
                delta: outgoing.id, sequence: outgoing.cursor, from: outgoing.source, to: outgoing.source,
                isLast: false,
                check: isDatagram ? nil : outgoing.check, claims: [])
            let frame = batch.measure {
                $0.appendCommit(part)
                $0.appendClaimsEnd(from: items, to: items, isLast: false)
            }
            let left = (isDatagram ? room.bytes : Room.longestLine + frame) - frame
            guard left >= 0 else { break }
            let isReset = outgoing.mode == .reset
            let claimsNothing = outgoing.mode == .contents
            func since(_ id: SourceID) -> Version { isReset ? 0 : peer.covered(id) }
            let firstUntold = firstUntoldRetired
            var slice = slice(from: part.from, within: left - Room.sections - exceptions.room) {
                !claimsNothing && vouchedFor($0) > since($0)
            } name: { _ in
                false
            } retired: {
                // A vector does not name what the peer holds in full.
                !claimsNothing
                    && (isReset && isHeldInFull($0)
                        || $0 >= firstUntold && !peer.retired.knows($0, in: replica.retired))
            }
            let excepted = exceptions.isEmpty ? [] : cut(&slice, exceptions, since)
            part.to = slice.end
            part.isLast = part.to == items
            guard part.isLast || part.to > part.from else { break }
            let before = batch.byteCount
            batch.append { line in
                line.appendCommit(part)
                for (index, id) in slice.sources.enumerated() {
                    let (source, covered) = (replica.sources[id], vouchedFor(id))
                    let purged = isReset && source.purged <= covered ? source.purged : 0
                    line.appendCommitClaim(source, since(id), covered, purged, isFirst: index == 0)
                }
                if let id = slice.sources.last { line.appendExcepted(replica.sources[id], excepted) }
                for (index, position) in slice.retired.enumerated() {
                    line.appendRetired(RetiredClaim(replica.retired[position]), isFirst: index == 0)
                }
                line.appendClaimsEnd(
                    from: part.from, to: part.to, isLast: part.isLast, hasRetired: !slice.retired.isEmpty,
                    hasExcepted: !excepted.isEmpty)
            }
            if isDatagram { room.bytes -= batch.byteCount - before }
            outgoing.source = part.to
            outgoing.hasVouched = true
            if !isDatagram {
                for id in slice.sources { peer.expect(id, covered: vouchedFor(id)) }
            }
            if !slice.retired.isEmpty || (part.isLast && firstUntold > 0) {
                remembering().toldRetired = (outgoing.id, replica.retired.count, replica.retired.generation)
            }
            if part.isLast {
                if memory != nil, part.from == 0, !isDatagram, outgoing.check.count == 0, slice.isEmpty { noteQuiet() }
                outgoing.source = 0
                outgoing.isPaused = true
                follows = nil
                checkedDetours = replica.detours
                follow()
                if isDatagram { self.outgoing = outgoing }
                return true
            }
            self.outgoing = outgoing
            if hasFilled { break }
        }
        return batch.end > place || reportNoSpace(room)
    }

    /// The first ended source that no whole vector on this link has named to the peer.
    private var firstUntoldRetired: Int {
        guard let told = memory?.vectorRetired, told.generation == replica.retired.generation else { return 0 }
        return told.count
    }

    /// Whether the peer may hold entries of a retired source, which a reset takes away only if it names the source.
    func isHeldInFull(_ position: Int) -> Bool {
        memory?.heldInFull.knows(position, in: replica.retired) ?? false
    }
}
