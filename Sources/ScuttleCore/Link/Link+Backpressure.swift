/// Whether a link is over its high-water mark, and whether the host has been told: see `LinkContext+Backlog`.
extension Link {
    @_optimize(speed)
    func noteDrain() {
        if context.output.isWasteful, !hasPending { context.output.releaseMemory() }
        // Making a datagram takes a capacity.
        if isFull, isDatagram ? !hasPending : !fill() { endBackpressure() }
    }

    /// Whether a call on this link has to say that it is over its mark. `onDrain` follows.
    public func reportFull() -> Bool {
        isFull && replica.reportFull()
    }
}
