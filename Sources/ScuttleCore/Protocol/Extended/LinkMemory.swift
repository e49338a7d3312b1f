/// What a link has to remember of rare things: ended sources that were named, and contents that differed. An object of its own,
/// since few links have anything of that kind.
final class LinkMemory {
    /// The nonce of the latest delta whose commit named ended sources to the peer, and up to where they stand here; and of the
    /// latest whole one of the peer's that did, to be said with a request.
    var sentRetired: (nonce: UInt64, count: Int, generation: UInt32) = (0, 0, 0)
    var appliedRetired: UInt64 = 0
    /// On a stream: up to where ended sources have been named to the peer in vectors; and those that the peer has named so, and
    /// of which this replica knows less. With the peer's next whole delta they count here, too.
    var vectorRetired: (count: Int, generation: UInt32) = (0, 0)
    var receivedRetired: [RetiredClaim] = []
    /// Retired sources that the peer has named in full: it may hold entries of them, so its reset has to name them, too.
    var heldInFull = RetiredKnowledge()
    /// The two hashes of contents that were last found different, as one number; and what this replica had settled when it last
    /// asked for all that the peer holds.
    var divergence: UInt64 = 0
    var exchangedAt: UInt64 = .max
    /// The entries of a delta that a host's order decides about.
    var sorted: MergedDelta?
    /// The updates that the peer's vector covers, and that it has not taken.
    var exceptions: RefusedTable?
    /// Those that it had named before it began to name all of them anew, until it has.
    var exceptionsBefore: RefusedTable?
    /// The writes that the peer was given under a new dot, since it held what loses to them; newest last.
    var givenAgain: [UInt64] = []
    static var maxGivenAgain: Int { 256 }
    /// Those that are accounted for here, and that this replica holds no more: the next commit says so.
    var accounted: [Dot] = [] {
        didSet { accountedChanges &+= 1 }
    }
    private(set) var accountedChanges: UInt64 = 0
    /// Whether some are of sources that are known here by their hashes alone; and of such ones of which something was purged: a
    /// reset has to say so.
    var exceptsEnded = false
    var exceptsPurged = false
    /// Up to which of this replica's exceptions the peer has been told; and whether of any.
    var sentRefused: UInt64 = 0 {
        didSet { if sentRefused > 0 { hasSentRefused = true } }
    }
    private(set) var hasSentRefused = false
    /// The peer is to forget what it was told, which had become so much less.
    var sendsRefusedAnew = false
    var sentOver: UInt64 = 0
    /// What it had been told when the latest vector went out on a stream, and what it has heard for certain.
    private var sentAtVector: (nonce: UInt64, refused: UInt64, over: UInt64) = (0, 0, 0)
    private var confirmed: (refused: UInt64, over: UInt64) = (0, 0)
    /// What the peer was in its latest hello.
    var peerFingerprint: UInt64 = 0
    /// What both replicas were then, and when a delta last had nothing to say.
    var helloFingerprint: UInt64 = 0
    var helloRevision: UInt64 = 0
    var quietFingerprint: UInt64 = 0
    /// What both were when this replica's latest vector went out, and when a delta last brought nothing.
    var requested: (nonce: UInt64, fingerprint: UInt64) = (0, 0)
    var settledFingerprint: UInt64 = 0
    /// Of the latest datagram.
    private var datagramCapacity = 0

    /// What fitted no datagram may fit a larger one: a delta may have something to say again.
    func noteCapacity(_ bytes: Int) {
        if bytes > datagramCapacity { quietFingerprint = 0 }
        datagramCapacity = bytes
    }

    /// Notes the claim of an ended source in the peer's vector. A peer may repeat claims with each vector, so at twice `capacity` the
    /// claims of each source become one, and `capacity` of them stay. O(log capacity) amortised.
    func noteReceived(_ claim: RetiredClaim, capacity: Int) {
        receivedRetired.append(claim)
        guard receivedRetired.count / 2 >= capacity else { return }
        var kept: [RetiredClaim] = []
        for claim in receivedRetired.arranged(by: { ($0.hash.high, $0.hash.low) < ($1.hash.high, $1.hash.low) }) {
            if let last = kept.last, last.hash == claim.hash {
                kept[kept.count - 1].merge(claim)
            } else if kept.count < capacity {
                kept.append(claim)
            }
        }
        receivedRetired = kept
    }

    /// What was said on a link that ends counts no more, unless the peer has answered behind it.
    func endLink() {
        sorted = nil
        sentRetired = (0, 0, 0)
        appliedRetired = 0
        vectorRetired = (0, 0)
        receivedRetired = []
        (divergence, exchangedAt) = (0, .max)
        (sentRefused, sentOver, sendsRefusedAnew) = (confirmed.refused, confirmed.over, false)
        sentAtVector = (0, 0, 0)
        accounted = []
        // A datagram may hold more there.
        (quietFingerprint, settledFingerprint, peerFingerprint, requested) = (0, 0, 0, (0, 0))
    }

    /// A source is known by its hash alone from now on. What the peer has not taken of it is accounted for.
    func noteRetirement(of source: SourceID, _ entry: RetiredTable.Entry) {
        exceptionsBefore?.forget(source)
        guard let exceptions, exceptions.forget(source) else { return }
        exceptsEnded = true
        if entry.purged > 0 { exceptsPurged = true }
    }

    /// A vector has gone out on a stream, behind what the peer is to hear of refusals.
    func noteVector(_ nonce: UInt64) {
        sentAtVector = (nonce, sentRefused, sentOver)
    }

    /// The peer answers a request: it has heard what was said before that.
    func noteDelta(for nonce: UInt64) {
        guard nonce == sentAtVector.nonce, nonce > 0 else { return }
        confirmed = (sentAtVector.refused, sentAtVector.over)
    }
}
