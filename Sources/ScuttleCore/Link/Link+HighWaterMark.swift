/// Whether a link is over its high-water mark, and whether the host has been told: see `LinkContext+Backlog`.
extension Link {
    @_optimize(speed)
    func noteDrain() {
        if output.isWasteful, !hasPending { output.rest() }
        // Making a datagram takes a capacity.
        if isOverHighWaterMark, isDatagram ? !hasPending : !fill() { leaveHighWaterMark() }
    }

    /// Whether a call on this link has to say that it is over its mark. `onDrain` follows.
    public func tellFull() -> Bool {
        isOverHighWaterMark && replica.tellFull()
    }
}
