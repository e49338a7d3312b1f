/// A conversation in the classic dialect, simple-scuttle's own: digests ask, updates answer. Classic peers vouch for nothing and keep
/// no order: see docs/reference/protocol.md.
final class ClassicSession {
    private let surroundings: Unowned<LinkContext>
    private var context: LinkContext { surroundings.object }
    /// One of both has asked.
    private(set) var hasBegun = false
    /// Which sources the peer has named, until it says that it is done.
    private var round = SourceSet()
    /// The digests that are still to be sent.
    private var walk: DigestWalk?
    /// The bases of the vector when this link last asked, and when it asked before that: see `VectorPast`. 0: it asks for everything.
    private var asked: UInt64 = 0
    private var claimed: UInt64 = 0
    /// What the replica had settled when the peer was last owed everything, if nothing of that has been sent since.
    private var owesAllAt = UInt64.max
    /// The entries that the peer has asked for.
    private var answer = Answer()
    /// The same with what the history has of superseded updates.
    private var replay = HistoryAnswer()
    /// Of each source the newest dot that has gone out under its timestamp.
    private var restated = DotOrder()

    init(_ context: LinkContext) { surroundings = Unowned(context) }

    private var replica: Replica { context.replica }

    /// Messages that wait.
    var backlog: Int { (walk?.messagesLeft ?? 0) + answer.count + replay.count }

    /// Will ask for everything the next time.
    func askForAll() { asked = 0 }

    var bases: (UInt64, UInt64) { (claimed, asked) }

    /// What the vector was before a base is not kept any more: claims nothing instead.
    func forgetBases(before base: UInt64) {
        if asked < base { asked = 0 }
        if claimed < base { claimed = 0 }
    }

    /// A source is known by its hash alone from now on, and its number may be given to another.
    func forget(_ source: SourceID) {
        answer.forget(source, in: replica)
        replay.forget(source)
        round.remove(source)
        if let newest = newestRestated(of: source) { restated.remove(newest) }
    }

    /// The link closes: drops what it still had to send.
    func letGo() {
        walk = nil
        answer = Answer()
        replay = HistoryAnswer()
    }
}

// MARK: - Receiving

extension ClassicSession {
    /// What has become of an update. A peer whose update is taken or refused speaks this dialect.
    enum Outcome {
        case taken, refused
        /// It could be read, and a limit refuses it.
        case exceeding
    }

    /// Takes an update.
    /// - Throws: `.readOnly`, `.key`, `.keySize`, `.nul`, `.id`, `.version`, `.versionJump`, `.identity`, `.sources`,
    ///   `.corrupt`, `.refused`.
    @inline(never)
    func receive(_ update: IncomingUpdate) throws(Failure) -> Outcome {
        try checkWritable()
        let update = replica.unmasked(update)
        defer { if replica.hasSeenEquivocation { context.tellEquivocation() } }
        do throws(Failure) {
            if replica.isSelective, try context.isRefused(update) { return .refused }
            try replica.receive(update)
        } catch {
            guard error.code == .keySize else { throw error }
            try receive(refused: update, error)
            return .exceeding
        }
        return .taken
    }

    /// An update that a limit refuses. It covers nothing.
    @inline(never)
    func receive(refused update: IncomingUpdate, _ failure: Failure) throws(Failure) {
        try checkWritable()
        _ = try context.isRefused(update, failure)
    }

    private func checkWritable() throws(Failure) {
        guard !context.isReadOnly else { throw Failure(.readOnly, "an update came in on a read-only link") }
    }

    /// The peer has a source up to some version, and wants what is above.
    func receiveDigest(of id: SourceID, at version: Version) {
        hasBegun = true
        round.insert(id)
        owe(id, above: version)
        noteBacklog()
    }

    /// The peer has named all that it has, and wants everything of the sources that it did not name.
    func receiveDone() {
        hasBegun = true
        let hasNamedNone = round.isEmpty
        if hasNamedNone {
            // It is owed all of that already.
            guard owesAllAt != replica.settled else { return }
            // A peer that names nothing has nothing.
            restated = DotOrder()
        }
        oweTheRest()
        round = SourceSet()
        if hasNamedNone { owesAllAt = replica.settled }
        noteBacklog()
    }

    private func noteBacklog() { context.note(Backlog(messages: backlog)) }

    /// Owes everything of the sources that the peer has not named. O(sources, or entries and the history if they are fewer).
    private func oweTheRest() {
        let isReplayed = context.options.contains(.history)
        func owe(_ id: SourceID) {
            if round.insert(id) { self.owe(id, above: 0) }
        }
        guard replica.arrivals.liveCount + (isReplayed ? replica.history.count : 0) < replica.sources.count else {
            for id in replica.sources.ids { owe(id) }
            return
        }
        if isReplayed { replica.history.forEach { owe($0.record.source) } }
        replica.arrivals.forEach(after: 0, in: replica.keys) { record in
            owe(record.source)
            return true
        }
    }

    @inline(never)
    private func owe(_ source: SourceID, above version: Version) {
        owesAllAt = .max
        if context.options.contains(.history) {
            replay.owe(source, above: version, in: replica)
        } else {
            answer.owe(source, above: version, countingTo: replica.configuration.mtu, in: replica)
        }
    }
}

// MARK: - Asking and sending

extension ClassicSession {
    /// The first gossip of a link asks for everything, and each later one for what is above the vector of the gossip before: an update
    /// that came out of order may have covered another one that is still on its way.
    func gossip() {
        hasBegun = true
        guard walk == nil, !context.output.asks else { return }
        (claimed, asked) = (asked, replica.relyOnVector())
        walk = DigestWalk(over: claimed == 0 ? 0 : replica.sources.count, &replica.random)
    }

    /// The version that a digest claims of a source: the low-water mark of this replica's own; of any other, no missing update.
    private func claim(of id: SourceID) -> Version {
        if id == SourceTable.own { return replica.own.covered }
        guard claimed > 0 else { return 0 }
        return min(replica.covered(id, at: claimed), replica.versionBelowMissing(of: id))
    }

    /// Appends the next message; false if there is none.
    func append() -> Bool {
        while let id = walk?.next() {
            let claim = claim(of: id)
            guard claim > 0 else { continue }
            context.output.appendDigest(of: replica.sources[id], at: claim)
            return true
        }
        if walk != nil {
            walk = nil
            context.output.appendDone()
            return true
        }
        owesAllAt = .max
        while let record = replay.next(in: replica) {
            defer { record.release() }
            if append(record) { return true }
        }
        while let record = answer.next(in: replica) {
            if append(record) { return true }
        }
        return false
    }

    /// A republished write goes out under its timestamp, since a relay drops `written` and would make a new write of it; and once,
    /// since the digests of a peer that drops `dot` do not show that it has come.
    private func append(_ record: Record) -> Bool {
        let record = replica.settleNull(record)
        guard record.isRepublished, record.kind != .expiry else {
            context.output.append(UpdateLine(of: record, in: replica))
            return true
        }
        guard mayRestate(record.dot) else { return false }
        context.output.append(UpdateLine(restating: record, in: replica))
        return true
    }

    /// Whether a republished update has not gone out yet. Those of a source go out in order of version.
    private func mayRestate(_ dot: Dot) -> Bool {
        if let newest = newestRestated(of: dot.source) {
            guard newest.version < dot.version else { return false }
            restated.remove(newest)
        }
        restated.insert(dot, 0)
        return true
    }

    private func newestRestated(of source: SourceID) -> Dot? {
        restated.first(from: Dot(source: source, version: 0)).flatMap { $0.dot.source == source ? $0.dot : nil }
    }
}
