/// What a link knows of its conversation in the classic dialect. An object of its own, since most links never have one.
final class ClassicConversation {
    /// Which sources the peer has named, until it says that it is done.
    var round = SourceSet()
    /// The digests that are still to be sent.
    var walk: DigestWalk?
    /// The bases of the vector when this link last asked, and when it asked before that: see `VectorPast`. 0: it asks for everything.
    private(set) var asked: UInt64 = 0
    private(set) var claimed: UInt64 = 0
    /// What the replica had settled when the peer was last owed everything, if nothing of that has been sent since.
    var owesAllAt = UInt64.max
    /// The entries that the peer has asked for.
    var answer = Answer()
    /// The same with what the history has of superseded updates.
    var replay = HistoryAnswer()
    /// Of each source the newest dot that has gone out under its timestamp.
    private var restated = DotOrder()

    /// Messages that wait.
    var backlog: Int { (walk?.messagesLeft ?? 0) + answer.count + replay.count }

    /// Asks once more.
    func ask(in replica: Store) { (claimed, asked) = (asked, replica.relyOnVector()) }

    /// Will ask for everything the next time.
    func askForAll() { asked = 0 }

    var bases: (UInt64, UInt64) { (claimed, asked) }

    /// What the vector was before a base is not kept any more: claims nothing instead.
    func forgetBases(before base: UInt64) {
        if asked < base { asked = 0 }
        if claimed < base { claimed = 0 }
    }

    /// Whether a republished update has not gone out yet. Those of a source go out in order of version.
    func mayRestate(_ dot: Dot) -> Bool {
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

    /// The peer wants everything.
    func forgetRestated() {
        restated = DotOrder()
    }

    /// A source is known by its hash alone from now on, and its number may be given to another.
    func forget(_ source: SourceID, in replica: Store) {
        answer.forget(source, in: replica)
        replay.forget(source)
        round.remove(source)
        if let newest = newestRestated(of: source) { restated.remove(newest) }
    }
}
