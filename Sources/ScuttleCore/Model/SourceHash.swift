/// The hash by which replicas name a source whose id they do not keep: 128 bits, the same function in all replicas.
public struct SourceHash: Equatable, Sendable {
    public let low: UInt64
    public let high: UInt64

    public init(low: UInt64, high: UInt64) {
        (self.low, self.high) = (low, high)
    }

    init(of id: Bytes) {
        low = SipHash(key: (0, 0)).hash(id)
        high = SipHash(key: (0, 1)).hash(id)
    }
}
