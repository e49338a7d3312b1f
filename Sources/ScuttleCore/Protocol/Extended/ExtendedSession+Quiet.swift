/// Quiet gossips. If exceptions, or entries that are out of order, make the hashes differ, a delta without content is
/// not repeated until one of both replicas changes.
extension ExtendedSession {
    /// Returns a fingerprint of both replicas' states.
    private func fingerprint(_ memory: LinkMemory) -> UInt64 {
        PendingControl.fingerprint(replica.vectorHash, replica.epoch, memory.peerFingerprint)
    }

    /// Whether the latest delta to the peer was without content, and both replicas are unchanged since.
    func isQuiet(_ hello: Hello) -> Bool {
        // A peer does not name updates that it has refused out of order. They may be entries here, and count in the
        // hash.
        guard replica.refused != nil || memory?.exceptions != nil || replica.outOfOrderCount > 0 else {
            memory?.peerFingerprint = 0
            return false
        }
        let memory = remembering()
        memory.peerFingerprint = FoldHash.fold(hello.hash ^ FoldHash.key.0, hello.epoch ^ FoldHash.key.1)
        (memory.helloFingerprint, memory.helloRevision) = (fingerprint(memory), hello.revision)
        return memory.helloFingerprint == memory.quietFingerprint
    }

    /// Notes a delta without content: the next one is without, too, until one of both replicas changes.
    func noteQuiet() {
        guard let memory, memory.helloFingerprint == fingerprint(memory), peer.revision >= memory.helloRevision else {
            return
        }
        memory.quietFingerprint = memory.helloFingerprint
    }

    /// Notes that this replica's vector was sent, and not because of a window.
    func noteRequested(_ nonce: UInt64) {
        guard let memory, memory.peerFingerprint != 0 else { return }
        memory.requested = (nonce, fingerprint(memory))
    }

    /// Notes a complete delta for the latest vector or a later one. If it has changed nothing, the next one would not,
    /// either: the peer's requests for a vector are ignored until one of both replicas changes.
    @inline(never)
    func noteSettled(_ nonce: UInt64) {
        guard let memory, nonce >= memory.requested.nonce, memory.requested.fingerprint == fingerprint(memory) else {
            return
        }
        memory.settledFingerprint = memory.requested.fingerprint
    }

    /// Whether the peer has no updates for this replica.
    var isSettled: Bool {
        guard let memory, memory.peerFingerprint != 0 else { return false }
        return memory.settledFingerprint == fingerprint(memory)
    }
}
