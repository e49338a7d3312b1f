/// Whether a link is full, and when it has drained: see `LinkContext+Backlog`.
extension Link {
    @_optimize(speed)
    func noteDrain() {
        if output.isWasteful, !hasPending { output.releaseMemory() }
        // The messages of a datagram depend on its capacity, so none is made here.
        if isFull, isDatagram ? !hasPending : !fill() { endBackpressure() }
    }

    /// Whether a call on this link returns that the link is full. `onDrain` follows.
    public func reportFull() -> Bool {
        isFull && replica.reportFull()
    }
}
