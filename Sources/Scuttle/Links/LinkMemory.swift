/// What a link has to remember of rare things: ended sources that were named, and contents that differed. An object of its own,
/// since few links have anything of that kind.
final class LinkMemory {
    /// The latest delta whose commit named ended sources to the peer, and up to where they stand here; and the latest whole one
    /// of the peer's that did, to be said with a request.
    var toldRetired: (delta: UInt64, count: Int, generation: UInt32) = (0, 0, 0)
    var tookRetired: UInt64 = 0
    /// On a stream: up to where ended sources have been named to the peer in vectors; and those that the peer has named so, and
    /// of which this replica knows less. With the peer's next whole delta they count here, too.
    var vectorRetired: (count: Int, generation: UInt32) = (0, 0)
    var heardRetired: [RetiredClaim] = []
    /// Retired sources that the peer has named in full: it may hold entries of them, so its reset has to name them, too.
    var heldInFull = RetiredKnowledge()
    /// The two hashes of contents that were last found different, as one number; and what this replica had settled when it last
    /// asked for all that the peer holds.
    var divergence: UInt64 = 0
    var exchangedAt: UInt64 = .max
    /// The updates that the peer's vector covers, and that it has not taken.
    var exceptions: RefusedTable?
    /// Those that it is to hear are accounted for here.
    var accounted: [Dot] = []
    /// Up to which of this replica's exceptions the peer has been told; and whether of any.
    var toldRefused: UInt64 = 0 {
        didSet { if toldRefused > 0 { hasTold = true } }
    }
    private(set) var hasTold = false
    /// The peer is to forget what it was told, which had become so much less.
    var tellsAnew = false
    var toldOver: UInt64 = 0
    /// What both replicas were when the peer's vector was last requested, and when a delta last had nothing to say.
    var questionAt: UInt64 = 0
    var questionHash: UInt64 = 0
    var quietAt: UInt64 = 0
}
