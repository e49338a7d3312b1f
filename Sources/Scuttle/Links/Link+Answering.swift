/// Answers: what a peer lacks, from the history where that reaches, from the state where it does not.
extension Link {
    /// Starts to answer the peer's question, or goes on with an answer to it that is on its way.
    func beginReply(_ progress: Progress? = nil) {
        replica.restamp(against: peer)
        replica.renewPromise()
        checkedEpoch = replica.epoch
        checkedDetours = replica.detours
        let lags = peer.lags(behind: replica.sources)
        if var reply, reply.life == peer.life, reply.epoch == peer.epoch,
            reply.mode == .reset ? !isOutdated(reply) : !lags
        {
            if !isDatagram { return }
            if reply.mode != .log, lags == (reply.mode == .reset) {
                reply.resume(from: progress)
                self.reply = reply
                return
            }
        }
        follows = nil
        withheld = []
        let (mode, start) = wayToAnswer(lags: lags)
        reply = Reply(
            mode: mode, id: replica.random.next() & .highest, life: peer.life, epoch: peer.epoch, start: start,
            cursor: start, begun: replica.arrivals.last)
    }

    /// Which answer the peer gets, and where it begins: the history, where that has all that the peer lacks, and is not mostly
    /// what has been superseded since; the state otherwise.
    private func wayToAnswer(lags: Bool) -> (AnswerMode, UInt64) {
        guard !lags else { return (.reset, 0) }
        let arrival = firstMissingArrival
        let holdsNothingAhead = replica.aheadCount == 0 || replica.configuration.mistakes.contains(.ahead)
        guard holdsNothingAhead, historyReaches else { return (.state, arrival) }
        let number = firstMissingUpdate
        let updates = Int(truncatingIfNeeded: replica.history.end &- number)
        return updates > 2 * replica.arrivals.count(after: arrival) + 64 ? (.state, arrival) : (.log, number)
    }

    /// A live link goes on with what is new, when there is nothing to catch up with.
    func follow() {
        reply = nil
        checkedEpoch = replica.epoch
        if options.contains(.live), follows == nil { follows = replica.history.end }
        liveHeadIsDue = true
    }

    /// The stamp up to which the peer has been given what has arrived here: a tombstone behind it is still needed, lest what
    /// is on its way become a reset.
    var walkPosition: Arrivals.Stamp {
        if let reply, !reply.isPaused { return reply.mode == .log ? 0 : reply.cursor }
        guard let follows, follows < replica.history.end else { return .max }
        return 0
    }

    /// Whether the history has all that the peer lacks.
    private var historyReaches: Bool {
        for id in replica.sources.ids
        where peer.covered(id) < replica.sources[id].floor { return false }
        return true
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
        checkEpoch()
        if let reply, !reply.isPaused {
            return reply.mode == .log ? appendLog(reply, room) : appendState(reply, room)
        }
        guard let follows else { return false }
        if checkedDetours != replica.detours {
            checkedDetours = replica.detours
            if !historyReaches {
                restart()
                return !isDatagram && appendAnswer(room)
            }
        }
        return follows < replica.history.end && appendNews(from: follows, room)
    }

    /// After something has been forgotten here, what the peer lacks may have become another thing.
    private func checkEpoch() {
        guard checkedEpoch != replica.epoch, !replica.configuration.mistakes.contains(.restart) else { return }
        checkedEpoch = replica.epoch
        if let reply, reply.mode == .reset {
            if isOutdated(reply) { restart() }
        } else if reply != nil || follows != nil, peer.lags(behind: replica.sources) {
            restart()
        }
    }

    /// Whether something may have been deleted and forgotten here since this reset began: where it has been sent before, it
    /// would stay with the peer.
    private func isOutdated(_ reset: Reply) -> Bool {
        replica.newestPurgedArrival > reset.begun && !replica.configuration.mistakes.contains(.restart)
    }

    private func restart() {
        let wasFollowing = reply == nil
        reply = nil
        if wasFollowing, isDatagram {
            // What the peer has got of late is not known here.
            follows = nil
            askAgain()
        } else {
            beginReply()
        }
    }

    private func head(_ reply: Reply) -> AnswerHead {
        AnswerHead(
            mode: reply.mode, life: reply.life, epoch: reply.epoch, answer: reply.id, span: nil, pauses: false)
    }

    // MARK: From the history

    private func appendLog(_ reply: Reply, _ room: Room) -> Bool {
        var reply = reply
        var head = head(reply)
        head.pauses = isDatagram && reply.window == 1
        var news = News(from: reply.cursor, head: reply.headIsDue || isDatagram ? head : nil, room, self)
        news.collect(self)
        guard !news.hasGap else {
            self.reply = nil
            beginReply()
            return appendAnswer(room)
        }
        if news.cursor == replica.history.end { news.collectPromises(from: &reply.source, self) }
        reply.cursor = news.cursor
        let isWhole = news.cursor == replica.history.end && reply.source == replica.sources.count
        let appended = news.finish(self)
        if appended {
            reply.headIsDue = false
            reply.window -= 1
            reply.isPaused = isDatagram && reply.window == 0
        }
        self.reply = isWhole ? nil : reply
        if isWhole {
            follows = nil
            follow()
        }
        return appended || (isWhole && follows != nil && appendAnswer(room))
    }

    private func appendNews(from number: UInt64, _ room: Room) -> Bool {
        if !liveHeadIsDue, !isDatagram, batch.isEmpty,
            let broadcast = replica.broadcast(from: number, most: room.messages), broadcast.fits(peer)
        {
            batch.share(broadcast)
            broadcast.note(in: &peer)
            follows = broadcast.until
            return true
        }
        let head = AnswerHead(mode: .log, life: peer.life, epoch: peer.epoch, answer: 0, span: nil, pauses: false)
        var news = News(from: number, head: liveHeadIsDue || isDatagram ? head : nil, room, self)
        news.collect(self)
        guard !news.hasGap else {
            restart()
            return !isDatagram && appendAnswer(room)
        }
        follows = news.cursor
        guard news.finish(self) else { return false }
        liveHeadIsDue = false
        return true
    }

    // MARK: From the state

    private func appendState(_ reply: Reply, _ room: Room) -> Bool {
        var reply = reply
        let (place, before) = (batch.end, batch.byteCount)
        let begin = reply.cursor
        var head = head(reply)
        if isDatagram { head.span = (reply.start, begin, replica.arrivals.last, UInt64(room.messages)) }
        head.pauses = isDatagram && reply.window == 1
        let hasHead = isDatagram || reply.headIsDue
        var left = room.bytes - (hasHead ? batch.measure { $0.appendAnswer(head) } : 0)
        guard left >= 0 else { return reportNoSpace(room) }
        var count = 0
        var isAtEnd = true
        var startsAnew = false
        replica.arrivals.forEach(after: begin, in: replica.keys) { record in
            if reply.mode == .reset || record.version > peer.covered(record.source) {
                guard count < room.messages, !hasFilled else {
                    isAtEnd = false
                    return false
                }
                let source = replica.sources[record.source]
                let line = UpdateLine(of: record, from: source)
                if line.count > left {
                    guard place == 0, count == 0 else {
                        isAtEnd = false
                        return false
                    }
                    guard !withhold(line, left) || !reply.hasVouched else {
                        // A commit of this answer may have vouched for it already.
                        startsAnew = true
                        return false
                    }
                } else {
                    batch.append(line)
                    left -= line.count
                    count += 1
                }
            }
            reply.cursor = record.arrival
            return true
        }
        if startsAnew {
            reply.startAnew(as: replica.random.next() & .highest)
            self.reply = reply
            return false
        }
        if isAtEnd { reply.cursor = replica.arrivals.last }
        if reply.headIsDue || (isDatagram && reply.cursor > begin) {
            head.span = isDatagram ? (reply.start, begin, reply.cursor, UInt64(count)) : nil
            head.pauses = head.pauses && !isAtEnd
            batch.insert(at: place) { $0.appendAnswer(head) }
            reply.headIsDue = false
            reply.window -= 1
            reply.isPaused = isDatagram && reply.window == 0 && !isAtEnd
        }
        self.reply = reply
        guard isAtEnd else { return batch.end > place }
        let unused = isDatagram ? max(0, room.bytes - (batch.byteCount - before)) : .max
        return appendCommit(Room(messages: room.messages, bytes: unused)) || batch.end > place
    }

    /// Behind the last update: the clock that the peer has then, as much of it as fits.
    private func appendCommit(_ room: Room) -> Bool {
        guard var reply else { return false }
        var room = room
        let place = batch.end
        let sources = replica.sources.count
        while true {
            var part = CommitPart(
                answer: reply.id, stamp: reply.cursor, from: reply.source, to: reply.source, isLast: false, claims: [])
            let frame = batch.measure {
                $0.appendCommit(part)
                $0.appendClaimsEnd(from: sources, to: sources, isLast: false)
            }
            let left = (isDatagram ? room.bytes : Room.longestLine + frame) - frame
            guard left >= 0 else { break }
            let isReset = reply.mode == .reset
            func since(_ id: SourceID) -> Version { isReset ? 0 : peer.covered(id) }
            let (claims, end) = self.sources(from: part.from, within: left) { vouchedFor($0) > since($0) }
            part.to = end
            part.isLast = part.to == sources
            guard part.isLast || part.to > part.from else { break }
            let before = batch.byteCount
            batch.append { line in
                line.appendCommit(part)
                for (index, id) in claims.enumerated() {
                    let (source, covered) = (replica.sources[id], vouchedFor(id))
                    let purged = isReset && source.purged <= covered ? source.purged : 0
                    line.appendCommitClaim(source, since(id), covered, purged, isFirst: index == 0)
                }
                line.appendClaimsEnd(from: part.from, to: part.to, isLast: part.isLast)
            }
            if isDatagram { room.bytes -= batch.byteCount - before }
            reply.source = part.to
            reply.hasVouched = true
            if !isDatagram { for id in claims { peer.expect(id, covered: vouchedFor(id)) } }
            if part.isLast {
                reply.source = 0
                reply.isPaused = true
                follows = nil
                checkedDetours = replica.detours
                follow()
                if isDatagram { self.reply = reply }
                return true
            }
            self.reply = reply
            if hasFilled { break }
        }
        return batch.end > place || reportNoSpace(room)
    }

    // MARK: What fits no datagram

    /// Leaves an update out, which is to be reported, and vouches for nothing of its source from there on. Whether that was
    /// not so before.
    @discardableResult
    func withhold(_ line: UpdateLine, _ room: Int) -> Bool {
        let record = line.record
        let id = record.source
        var isNew = true
        if let place = withheld.firstIndex(where: { $0.source == id }) {
            isNew = record.version < withheld[place].version
            withheld[place].version = min(withheld[place].version, record.version)
        } else {
            withheld.append((id, record.version))
        }
        let key = String(decoding: record.key.prefix(80), as: UTF8.self)
        failure = Failure(
            .datagram, "an update of \(line.count) bytes fits no datagram with \(room) to spare; key \(key)")
        return isNew
    }

    func isWithheld(_ source: SourceID) -> Bool {
        withheld.contains { $0.source == source }
    }

    private func vouchedFor(_ id: SourceID) -> Version {
        let covered = replica.sources[id].covered
        guard let entry = withheld.first(where: { $0.source == id }) else { return covered }
        return min(covered, entry.version - 1)
    }
}
