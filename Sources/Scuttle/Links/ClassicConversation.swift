/// What a link knows of its conversation in the classic dialect. An object of its own, since most links never have one.
final class ClassicConversation {
    /// Which sources the peer has named, until it says that it is done.
    var round = DigestRound()
    /// The digests that are still to be sent.
    var walk: DigestWalk?
    /// The updates that the peer has asked for.
    var answer = Answer()

    /// Messages that wait.
    var backlog: Int { (walk?.messagesLeft ?? 0) + answer.count }

    /// A source is known by its hash alone from now on, and its number may be given to another.
    func forget(_ source: SourceID, in replica: Replica) {
        answer.forget(source, in: replica)
        round.forget(source)
    }
}
