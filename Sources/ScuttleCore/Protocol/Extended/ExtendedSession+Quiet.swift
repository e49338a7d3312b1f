/// A gossip stays quiet if exceptions, or entries ahead of the vector, make the hashes differ: what has brought nothing is not said
/// again until one of both replicas changes.
extension ExtendedSession {
    /// What both replicas are, as a mark.
    private func fingerprint(_ memory: LinkMemory) -> UInt64 {
        PendingControl.fingerprint(replica.vectorHash, replica.epoch, memory.peerFingerprint)
    }

    /// Whether this replica had nothing to say to the peer when both were what they are now.
    func isQuiet(_ hello: Hello) -> Bool {
        // A peer does not name updates that it has refused out of order. They may be entries here, and count in the hash.
        guard replica.refused != nil || memory?.exceptions != nil || replica.aheadCount > 0 else {
            memory?.peerFingerprint = 0
            return false
        }
        let memory = remembering()
        memory.peerFingerprint = FoldHash.fold(hello.hash ^ FoldHash.key.0, hello.epoch ^ FoldHash.key.1)
        (memory.helloFingerprint, memory.helloRevision) = (fingerprint(memory), hello.revision)
        return memory.helloFingerprint == memory.quietFingerprint
    }

    /// A delta had nothing to say: until one of both replicas changes, the next one would not have, either.
    func noteQuiet() {
        guard let memory, memory.helloFingerprint == fingerprint(memory), peer.revision >= memory.helloRevision else { return }
        memory.quietFingerprint = memory.helloFingerprint
    }

    /// This replica's vector has gone out, and not as the answer to a window.
    func noteRequested(_ nonce: UInt64) {
        guard let memory, memory.peerFingerprint != 0 else { return }
        memory.requested = (nonce, fingerprint(memory))
    }

    /// A whole delta has come for the latest vector, or a later one. If it has changed nothing, the next one would not, either:
    /// a request is not answered, until one of both replicas changes.
    @inline(never)
    func noteSettled(_ nonce: UInt64) {
        guard let memory, nonce >= memory.requested.nonce, memory.requested.fingerprint == fingerprint(memory) else { return }
        memory.settledFingerprint = memory.requested.fingerprint
    }

    /// Whether the peer has nothing to say to this replica.
    var isSettled: Bool {
        guard let memory, memory.peerFingerprint != 0 else { return false }
        return memory.settledFingerprint == fingerprint(memory)
    }
}
