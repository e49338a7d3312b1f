/// The short messages that a link still has to send, each at most once.
struct PendingControl {
    enum Greeting {
        case none, question, reply
    }

    /// A vector on its way out, part by part.
    struct VectorWalk {
        /// What has changed since `peerHas`, of the items from here on.
        var from: Int
        let until: UInt64
        var epoch: UInt64
        var generation: UInt32
        /// How many datagrams with it are to go out after this one, since some may be lost.
        var copies: UInt8 = 0
        var isCopy = false
        /// How long the next line may be on a stream.
        var lineLength = UInt16(SendBudget.minLine)
        /// The request that the whole of it makes; 0: it has not begun.
        var nonce: UInt64 = 0
        /// The window of datagrams that it answers; 0: none.
        var window: UInt64 = 0
    }

    var vector: VectorWalk?

    /// How far this replica had come when it asked for the rest, as a mark; 0: it has not.
    var askedFrom: UInt64 = 0
    /// What this replica was when it last asked of its own accord, as a mark: without a change since, the next gossip has to.
    var askedAt: UInt64 = 0

    /// The revision of this replica's vector that the peer has, as it last said.
    var peerHas: UInt64 = 0
    /// The retired sources that the peer knows, as it last counted them.
    var peerRetired = RetiredSum()

    var greeting = Greeting.none
    /// The hello that is due says what this replica holds.
    var statesContents = false
    /// The peer's vector is wanted.
    var requestsVector = false
    /// All that the peer holds is wanted.
    var requestsContents = false
    /// The peer is to hear that its name has another live incarnation.
    var tellsTwin = false
    /// The peer is to hear of exceptions to this replica's vector.
    var tellsRefused = false

    /// A datagram was marked as the last for now, or ended a delta of which something has not come.
    var wantsRest = false
    /// How many datagrams have come since the last answer that say that a window ends.
    private var answers: UInt8 = 0

    mutating func countAnswer() {
        if answers < .max { answers += 1 }
    }

    /// How many answers to the end of a window are due.
    mutating func takeAnswers() -> UInt8 {
        defer { answers = 0 }
        return answers
    }

    /// Whether this link has ever been told to greet.
    var hasGreeted = false
    /// A request beyond those of the host has been sent, and the peer has not reacted yet.
    var hasAskedAgain = false
    /// How many times the peer's reset may still be asked for, until one is whole or the host gossips.
    var resetsLeft: UInt8 = 4
    /// How many times the peer may still cause what costs O(entries), whatever its bytes, until the host gossips.
    private var overhaulsLeft = Self.maxOverhauls
    private static var maxOverhauls: UInt8 { 16 }

    mutating func allowOverhauls() {
        overhaulsLeft = Self.maxOverhauls
    }

    /// Whether the peer may cause one more of them.
    @inline(never)
    mutating func takeOverhaul() -> Bool {
        guard overhaulsLeft > 0 else { return false }
        overhaulsLeft -= 1
        return true
    }

    /// The peer is further ahead than hellos have brought this replica so far: what it would answer could not be taken.
    var isFar = false
    /// How many steps towards the peer's number hellos may still take before the next gossip.
    var stepsLeft = Self.maxSteps
    /// How many hellos, one after the other, may bring this replica nearer to a peer that is far ahead.
    static var maxSteps: UInt8 { 64 }

    @inline(__always)
    var isEmpty: Bool {
        greeting == .none && !requestsVector && !requestsContents && vector == nil && !tellsTwin
            && !tellsRefused
    }

    /// One number for some, which others make only by chance.
    static func mark(_ a: UInt64, _ b: UInt64, _ c: UInt64 = 0) -> UInt64 {
        FoldHash.fold(FoldHash.fold(a ^ FoldHash.key.0, b ^ FoldHash.key.1), c ^ FoldHash.key.2) | 1
    }
}
