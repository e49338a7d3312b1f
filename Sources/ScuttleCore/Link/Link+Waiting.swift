extension Link {
    /// Notes the size of an incomplete line. All links together may hold an eighth of `max_bytes` in incomplete lines,
    /// or two lines if that is more; each link may hold 2,048 bytes. No other limit counts these bytes, so a peer
    /// cannot fill a replica with them.
    /// - Returns: the error if the line exceeds the limit; the line then counts as 0 bytes.
    @inline(never)
    public func noteWaiting(_ bytes: Int) -> Failure? {
        replica.linkTable.waitingBytes &-= waitingBytes
        waitingBytes = 0
        guard bytes <= max(2048, max(limits.bytes / 8, limits.messageBytes &* 2) &- replica.linkTable.waitingBytes)
        else {
            return Failure(.bytes, "an incomplete line is \(bytes) bytes long; max_bytes is \(limits.bytes)")
        }
        replica.linkTable.waitingBytes &+= bytes
        waitingBytes = bytes
        return nil
    }
}
