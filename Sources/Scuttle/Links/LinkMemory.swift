/// What a link has to remember of rare things: ended sources that were named, and contents that differed. An object of its own,
/// since few links have anything of that kind.
final class LinkMemory {
    /// The nonce of the latest delta whose commit named ended sources to the peer, and up to where they stand here; and of the
    /// latest whole one of the peer's that did, to be said with a request.
    var toldRetired: (nonce: UInt64, count: Int, generation: UInt32) = (0, 0, 0)
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
    /// The entries of a delta that a host's order decides about.
    var sorted: Answer?

    /// What was said on a link that ends counts no more.
    func endLink() {
        sorted = nil
        toldRetired = (0, 0, 0)
        tookRetired = 0
        vectorRetired = (0, 0)
        heardRetired = []
        (divergence, exchangedAt) = (0, .max)
    }
}
