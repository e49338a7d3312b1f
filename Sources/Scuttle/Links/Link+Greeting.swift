/// Hello and reject: who is there, and whether there is anything to talk about.
extension Link {
    func greet() {
        errands.hasGreeted = true
        errands.hasAskedAgain = false
        errands.askedFrom = (0, 0, 0)
        if !batch.asks { errands.greeting = .question }
    }

    /// Asks once more of its own accord: something did not fit together. One such question is underway at a time.
    func askAgain() {
        guard !errands.hasAskedAgain else { return }
        errands.hasAskedAgain = true
        errands.greeting = .question
    }

    /// - Throws: `.cluster`, `.protocolVersion`, `.identity`, after which the link has ended; `.id`, `.nul`, `.version`,
    ///   `.versionJump`, and what ended the link.
    public func receive(_ hello: Hello) throws(Failure) {
        guard try speaksExtended(beforeHello: true) else { return }
        try Limits.check(clockOf: hello.id, at: hello.lamport)
        let configuration = replica.configuration
        guard hello.cluster.equals(replica.cluster.bytes) else {
            throw end(.cluster, Failure(.cluster, "the peer belongs to another cluster"))
        }
        guard hello.protocolVersions.overlaps(configuration.protocolVersions) else {
            let theirs = hello.protocolVersions
            throw end(
                .protocolVersion,
                Failure(
                    .protocolVersion,
                    "the peer speaks protocol versions \(theirs.lowerBound) to \(theirs.upperBound) only"))
        }
        guard !hello.id.equals(replica.id) else {
            throw end(.identity, Failure(.identity, "the peer has the same id as this replica"))
        }
        try replica.checkJump(to: hello.lamport)
        becomeExtended()
        if hello.life != peer.life { forgetPeer() }
        peer.begin(life: hello.life)
        errands.hasGreeted = true
        if !hello.isReply, errands.greeting == .none { errands.greeting = .reply }
        if hello.hash == replica.clockHash.value {
            replica.version = max(replica.version, hello.lamport)
            peer.equals(replica.sources, at: replica.revision, epoch: hello.epoch, revision: hello.revision)
            if reply == nil {
                checkedDetours = replica.detours
                follow()
            }
            return
        }
        // The peer's Lamport number waits for its clock: it may know more of this replica's id than was issued here, and
        // that has to be noticed before a promise covers it.
        replica.renewPromise()
        // While an answer to this peer goes out on a stream, asking it would change nothing.
        if isDatagram || reply == nil || reply?.epoch != hello.epoch { errands.asks = true }
    }

    /// - Throws: `.rejected`.
    public func receiveReject(_ reason: Bytes) throws(Failure) {
        guard try speaksExtended(beforeHello: true) else { return }
        let why =
            if reason.equals(Bytes(RejectReason.cluster.name)) {
                "it belongs to another cluster"
            } else if reason.equals(Bytes(RejectReason.protocolVersion.name)) {
                "it speaks no protocol version that this replica speaks"
            } else if reason.equals(Bytes(RejectReason.identity.name)) {
                "the id of this replica, or what it says of the peer's, clashes with what the peer knows"
            } else {
                "for a reason that is not known here"
            }
        let failure = Failure(.rejected, "the peer has rejected this replica: \(why)")
        end(failure)
        throw failure
    }

    /// Ends the conversation, and tells the peer why.
    func end(_ reason: RejectReason, _ failure: Failure) -> Failure {
        end(failure)
        errands.reject = reason
        return failure
    }

    private func end(_ failure: Failure) {
        dialect = .ended(failure)
        forgetPeer()
        errands = Errands()
        walk = nil
        answer = Answer()
    }

    /// A failure of the extended dialect: one of identity ends the link.
    func ending(_ failure: Failure) -> Failure {
        failure.code == .identity ? end(.identity, failure) : failure
    }

    /// Whether messages of the extended dialect count here, and now.
    func speaksExtended(beforeHello: Bool = false) throws(Failure) -> Bool {
        switch dialect {
        case .ended(let failure): throw failure
        case .extended: return true
        case .unknown, .classic: return beforeHello && !options.contains(.classic)
        }
    }

    private func becomeExtended() {
        if case .extended = dialect { return }
        dialect = .extended
        walk = nil
        round = DigestRound()
        answer = Answer()
    }

    private func forgetPeer() {
        reply = nil
        follows = nil
        hearing.endAnswer()
        peer = PeerClock()
        withheld = []
    }

    func appendErrand(_ room: Room) -> Bool {
        if let reason = errands.reject {
            guard append(within: room, { $0.appendReject(reason) }) else { return false }
            errands.reject = nil
            return true
        }
        if errands.greeting != .none {
            let isReply = errands.greeting == .reply
            guard append(within: room, asks: !isReply, { $0.appendHello(self.hello(isReply: isReply)) })
            else { return false }
            errands.greeting = .none
            return true
        }
        if errands.asks {
            let ask = Ask(revision: peer.revision, from: peer.next)
            guard append(within: room, { $0.appendAsk(ask) }) else { return false }
            errands.asks = false
            return true
        }
        return appendClock(room)
    }

    private func hello(isReply: Bool) -> Hello {
        Hello(
            protocolVersions: replica.configuration.protocolVersions, id: replica.id, life: replica.life,
            cluster: replica.cluster.bytes, lamport: replica.version,
            epoch: replica.epoch, revision: replica.revision, hash: replica.clockHash.value, isReply: isReply)
    }
}
