/// The pending control messages of a link, each at most once.
struct PendingControl {
    enum PendingHello {
        case none, request, reply
    }

    /// A vector that is sent in parts.
    struct VectorWalk {
        /// The next item among those that have changed since `peerHas`.
        var from: Int
        let until: UInt64
        var epoch: UInt64
        var generation: UInt32
        /// The number of datagrams with copies of it, because some may be lost.
        var copies: UInt8 = 0
        var isCopy = false
        /// The length of the next line on a stream.
        var lineLength = UInt16(SendBudget.minLine)
        /// The nonce of its request; 0 before its first part.
        var nonce: UInt64 = 0
        /// The window of datagrams that it is sent for; 0 for none.
        var window: UInt64 = 0
    }

    var vector: VectorWalk?

    /// A fingerprint of this replica's progress at its latest request for the missing part of a delta; 0 if there was
    /// none.
    var missingFingerprint: UInt64 = 0
    /// A fingerprint of this replica at its latest request beyond the host's gossips. Without a change since, the next
    /// gossip makes the next request.
    var requestedAgainFingerprint: UInt64 = 0

    /// The revision of this replica's vector that the peer has, by its latest request.
    var peerHas: UInt64 = 0
    /// The sum of the retired sources that the peer has, by its latest request.
    var peerRetired = RetiredSum()

    var hello = PendingHello.none
    /// Whether the pending hello states a hash of the contents.
    var statesContents = false
    /// Whether a request for the peer's vector is pending.
    var requestsVector = false
    /// Whether a request for all entries of the peer is pending.
    var requestsContents = false
    /// Whether a report of another live incarnation of the peer's name is pending.
    var sendsTwin = false
    /// Whether a `refused` message is pending.
    var sendsRefused = false

    /// Whether a vector has to request the missing part of a delta: a datagram has ended a window, or a delta that is
    /// incomplete here.
    var requestsMissing = false
    /// The number of datagrams since the latest vector that end a window.
    private var windowEnds: UInt8 = 0

    mutating func countWindowEnd() {
        if windowEnds < .max { windowEnds += 1 }
    }

    /// Returns the number of vectors that are due for ended windows, and resets it.
    mutating func removeWindowEnds() -> UInt8 {
        defer { windowEnds = 0 }
        return windowEnds
    }

    /// Whether this link has a hello behind it, sent or received.
    var hasSaidHello = false
    /// Whether a request beyond the host's gossips is open.
    var hasRequestedAgain = false
    /// The number of requests for the peer's reset that remain until one is complete or the host gossips.
    var resetsLeft: UInt8 = 4
    /// The number of overhauls that remain until the host gossips. An overhaul costs O(entries), however few bytes of
    /// the peer cause it.
    private var overhaulsLeft = Self.maxOverhauls
    private static var maxOverhauls: UInt8 { 16 }

    mutating func allowOverhauls() {
        overhaulsLeft = Self.maxOverhauls
    }

    /// Spends one overhaul. False if none remains.
    @inline(never)
    mutating func spendOverhaul() -> Bool {
        guard overhaulsLeft > 0 else { return false }
        overhaulsLeft -= 1
        return true
    }

    /// Whether the peer's Lamport number is above what hellos have added so far. Its updates would be rejected.
    var isFar = false
    /// The number of steps towards the peer's Lamport number that remain until the next gossip.
    var stepsLeft = Self.maxSteps
    /// The maximum number of such steps.
    static var maxSteps: UInt8 { 64 }

    @inline(__always)
    var isEmpty: Bool {
        hello == .none && !requestsVector && !requestsContents && vector == nil && !sendsTwin
            && !sendsRefused
    }

    /// Returns a fingerprint of some values: other values have the same one by chance alone.
    static func fingerprint(_ a: UInt64, _ b: UInt64, _ c: UInt64 = 0) -> UInt64 {
        FoldHash.fold(FoldHash.fold(a ^ FoldHash.key.0, b ^ FoldHash.key.1), c ^ FoldHash.key.2) | 1
    }
}
