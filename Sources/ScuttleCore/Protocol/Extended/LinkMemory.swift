/// The rare facts of a link: named retired sources, exceptions, contents that differed. A class, because few links have
/// one.
final class LinkMemory {
    /// The nonce of the last part of the latest commit that named retired sources to the peer, and the end of these
    /// sources in the retired table; and the nonce of the peer's latest complete delta that named some, for the next
    /// request.
    var sentRetired: (nonce: UInt64, count: Int, generation: UInt32) = (0, 0, 0)
    var appliedRetired: UInt64 = 0
    /// The mode of the latest commit that has named retired sources, and their end. In datagrams its last part may
    /// belong to another window, whose nonce is another one. A count of 0: it has named none so far.
    var namedRetired: (mode: DeltaMode, count: Int, generation: UInt32) = (.state, 0, 0)
    /// On a stream: the end of the retired sources that vectors have named to the peer; and those that the peer's
    /// vectors have named and of which this replica knows less. The peer's next complete delta applies them.
    var vectorRetired: (count: Int, generation: UInt32) = (0, 0)
    var receivedRetired: [RetiredClaim] = []
    /// The retired sources that the peer has in full. It may hold entries of them, so a reset has to name them.
    var heldInFull = RetiredKnowledge()
    /// The hash of both hashes of contents at the latest difference; and `Store.settled` at this replica's latest
    /// request for contents.
    var divergence: UInt64 = 0
    var exchangedAt: UInt64 = .max
    /// The pending entries of a delta in a host's order.
    var sorted: MergedDelta?
    /// The updates that the peer's vector covers and that it has not accepted.
    var exceptions: RefusedTable?
    /// The version of this replica's own source when both vectors were last equal: the peer has no exception up to it.
    var equalUpTo: Version = 0
    /// The exceptions before those, while the peer names all anew.
    var exceptionsBefore: RefusedTable?
    /// The writes that the peer has received under a new dot because it held their losers; newest last.
    var givenAgain: [UInt64] = []
    static var maxGivenAgain: Int { 256 }
    /// The peer's exceptions that this replica accounts for without an entry. The next commit names them.
    var accounted: [Dot] = [] {
        didSet { accountedChanges &+= 1 }
    }
    private(set) var accountedChanges: UInt64 = 0
    /// Whether some of the peer's exceptions are of sources that are retired here; and whether one of those has a GC
    /// version. A reset is needed for them.
    var exceptsEnded = false
    var exceptsPurged = false
    /// The serial up to which this replica's exceptions were sent to the peer.
    var sentRefused: UInt64 = 0 {
        didSet { if sentRefused > 0 { hasSentRefused = true } }
    }
    private(set) var hasSentRefused = false
    /// Whether `refused` messages are sent anew, because the peer's list has become longer than this replica's.
    var sendsRefusedAnew = false
    var sentOver: UInt64 = 0
    /// The values of `sentRefused` and `sentOver` at the latest vector on a stream, and the values that the peer has
    /// confirmed by a delta.
    private var sentAtVector: (nonce: UInt64, refused: UInt64, over: UInt64) = (0, 0, 0)
    private var confirmed: (refused: UInt64, over: UInt64) = (0, 0)
    /// A fingerprint of the peer at its latest hello.
    var peerFingerprint: UInt64 = 0
    /// Fingerprints of both replicas at that hello, and at the latest delta without content.
    var helloFingerprint: UInt64 = 0
    var helloRevision: UInt64 = 0
    var quietFingerprint: UInt64 = 0
    /// Fingerprints of both replicas at this replica's latest vector, and at the latest delta that changed nothing.
    var requested: (nonce: UInt64, fingerprint: UInt64) = (0, 0)
    var settledFingerprint: UInt64 = 0
    /// The capacity of the latest datagram.
    private var datagramCapacity = 0

    /// Notes the capacity of a datagram. A withheld update may fit a larger one, so the next delta may have content.
    func noteCapacity(_ bytes: Int) {
        if bytes > datagramCapacity { quietFingerprint = 0 }
        datagramCapacity = bytes
    }

    /// Notes the claim of a retired source in the peer's vector. A peer may repeat claims with each vector, so at twice
    /// `capacity` the claims of each source become one, and `capacity` of them stay. O(log capacity) amortised.
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

    /// Drops what this link has sent of retired sources.
    func forgetSentRetired() {
        sentRetired = (0, 0, 0)
        namedRetired.count = 0
        vectorRetired = (0, 0)
    }

    /// Drops what was sent on a link that ends, unless the peer has confirmed it.
    func endLink() {
        sorted = nil
        forgetSentRetired()
        appliedRetired = 0
        receivedRetired = []
        (divergence, exchangedAt) = (0, .max)
        (sentRefused, sentOver, sendsRefusedAnew) = (confirmed.refused, confirmed.over, false)
        sentAtVector = (0, 0, 0)
        accounted = []
        // A datagram of the next link may have a greater capacity.
        (quietFingerprint, settledFingerprint, peerFingerprint, requested) = (0, 0, 0, (0, 0))
    }

    /// Notes that a source was retired. The peer's exceptions of it are accounted for.
    func noteRetirement(of source: SourceID, _ entry: RetiredTable.Entry) {
        exceptionsBefore?.removeAll(of: source)
        guard let exceptions, exceptions.removeAll(of: source) else { return }
        exceptsEnded = true
        if entry.purged > 0 { exceptsPurged = true }
    }

    /// Notes that a vector was sent on a stream, behind the pending `refused` messages.
    func noteVector(_ nonce: UInt64) {
        sentAtVector = (nonce, sentRefused, sentOver)
    }

    /// Notes a delta for a request: the peer has received all messages before the request.
    func noteDelta(for nonce: UInt64) {
        guard nonce == sentAtVector.nonce, nonce > 0 else { return }
        confirmed = (sentAtVector.refused, sentAtVector.over)
    }
}
