/// The keys whose tombstones the sender has purged between two GC epochs. They precede a reset that goes on.
public struct PurgedKeys {
    public var since: UInt64
    public var epoch: UInt64
    public var keys: [Bytes]
    public var isLast: Bool

    public init(since: UInt64, epoch: UInt64, keys: [Bytes], isLast: Bool) {
        self.since = since
        self.epoch = epoch
        self.keys = keys
        self.isLast = isLast
    }
}
