/// What a link knows of its conversation in the classic dialect. An object of its own, since most links never have one.
final class ClassicConversation {
    /// Which sources the peer has named, until it says that it is done.
    var round = DigestRound()
    /// The digests that are still to be sent.
    var walk: DigestWalk?
    /// What was covered of each source, by number, when this link last asked, and when it asked before that. Empty: it asks for
    /// everything.
    var vector: [Version] = []
    var claims: [Version] = []
    /// The entries that the peer has asked for.
    var answer = Answer()
    /// The same with what the history has of superseded updates.
    var replay = HistoryAnswer()
    /// Of each source the newest dot that has gone out under its timestamp.
    private var restated: [Dot] = []

    /// Messages that wait.
    var backlog: Int { (walk?.messagesLeft ?? 0) + answer.count + replay.count }

    /// Whether a republished update has not gone out yet. Those of a source go out in order of version.
    func mayRestate(_ dot: Dot) -> Bool {
        guard let index = restated.firstIndex(where: { $0.source == dot.source }) else {
            restated.append(dot)
            return true
        }
        guard restated[index].version < dot.version else { return false }
        restated[index] = dot
        return true
    }

    /// The peer wants everything.
    func forgetRestated() {
        restated = []
    }

    /// A source is known by its hash alone from now on, and its number may be given to another.
    func forget(_ source: SourceID, in replica: Replica) {
        answer.forget(source, in: replica)
        replay.forget(source)
        round.forget(source)
        restated.removeAll { $0.source == source }
        if Int(source) < vector.count { vector[Int(source)] = 0 }
        if Int(source) < claims.count { claims[Int(source)] = 0 }
    }
}
