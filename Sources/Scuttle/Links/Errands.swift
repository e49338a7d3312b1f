/// The short messages that a link still has to send, each at most once.
struct Errands {
    enum Greeting {
        case none, question, reply
    }

    /// A clock on its way out, part by part.
    struct ClockWalk {
        /// What has changed since this revision, of the sources from here on.
        let since: UInt64
        var from: Int
        let until: UInt64
        var epoch: UInt64
    }

    var greeting = Greeting.none
    var asks = false
    var clock: ClockWalk?
    var reject: RejectReason?

    /// A datagram was marked as the last for now, or ended an answer of which something has not come.
    var wantsRest = false

    /// How far this replica had come when it asked for the rest.
    var askedFrom: (stamp: UInt64, source: Int, revision: UInt64) = (0, 0, 0)

    /// Whether this link has ever been told to greet.
    var hasGreeted = false
    /// The revision of this replica's clock that the peer has, as it last said.
    var peerHas: UInt64 = 0
    /// A question beyond those of the host has been sent, and the peer has not reacted yet.
    var hasAskedAgain = false

    var isEmpty: Bool { greeting == .none && !asks && clock == nil && reject == nil }
}
