extension Link {
    /// The part of a line that waits for its end takes so many bytes: an eighth of `max_bytes` is for all links, or two lines if that is
    /// more; and each link may have some. What waits counts in no other way, so that nobody fills a replica with it.
    /// - Returns: why it may not wait, if so; then it does not.
    @inline(never)
    public func noteWaiting(_ bytes: Int) -> Failure? {
        replica.linkTable.waitingBytes &-= waitingBytes
        waitingBytes = 0
        guard bytes <= max(2048, max(limits.bytes / 8, limits.messageBytes &* 2) &- replica.linkTable.waitingBytes)
        else {
            return Failure(.bytes, "\(bytes) bytes of a line wait for its end; max_bytes is \(limits.bytes)")
        }
        replica.linkTable.waitingBytes &+= bytes
        waitingBytes = bytes
        return nil
    }
}
