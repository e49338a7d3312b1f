@testable import ScuttleCore

/// What tests look at in the sessions of a link.
extension Link {
    var peer: PeerState { session.helloSession?.peer ?? PeerState() }
    var outgoing: OutgoingDelta? { extended?.outgoing }
    var address: AddressCheck? { transport.address }

    /// Whether the peer writes under a source.
    func isPeer(_ source: Bytes) -> Bool { peerID?.equals(source) ?? false }

    /// Takes the end of a peer's digests.
    func receiveDone() throws(Failure) {
        try receive(.done, Bytes(""))
    }

    func receiveDigest(of source: Bytes, at version: Version) throws(Failure) {
        try receive(.digest(source: source, version: version, isDone: false), Bytes(""))
    }
}
