/// A number that tells the contents of two replicas apart: the sum, over all keys that hold a value, of a mixture of key,
/// timestamp and value. 128 bits, and the same function in all replicas.
///
/// Entries that have arrived since it was last asked for are not in it yet: `Replica.contentHash` adds them. So a key that is
/// overwritten between two questions costs nothing. Add, remove: O(bytes of key and value).
public struct ContentHash: Equatable {
    public private(set) var low: UInt64
    public private(set) var high: UInt64

    public init(low: UInt64 = 0, high: UInt64 = 0) {
        (self.low, self.high) = (low, high)
    }

    /// - Parameter mark: of the source of its timestamp.
    mutating func add(_ record: Record, _ mark: UInt64) {
        let (a, b) = Self.mix(record, mark)
        low &+= a
        high &+= b
    }

    mutating func remove(_ record: Record, _ mark: UInt64) {
        let (a, b) = Self.mix(record, mark)
        low &-= a
        high &-= b
    }

    private static func mix(_ record: Record, _ mark: UInt64) -> (UInt64, UInt64) {
        let write = mark ^ (record.timestamp.version &* FoldHash.key.2)
        let low = FoldHash.hash(record.value, seed: FoldHash.hash(record.key, seed: write))
        let high = FoldHash.hash(record.key, seed: FoldHash.hash(record.value, seed: ~write))
        return (low, high)
    }
}
