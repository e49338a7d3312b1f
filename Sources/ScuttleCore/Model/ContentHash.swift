/// A hash of a replica's contents: the sum, over all keys that hold a value, of a mixture of key, timestamp and value. 128 bits,
/// and the same function in all replicas.
///
/// Entries that have arrived since the latest call of `Store.contentHash` are not in it yet. So a key that is overwritten between
/// two calls costs nothing. Add, remove: O(bytes of key and value).
public struct ContentHash: Equatable {
    public private(set) var low: UInt64
    public private(set) var high: UInt64

    public init(low: UInt64 = 0, high: UInt64 = 0) {
        (self.low, self.high) = (low, high)
    }

    /// Adds an entry.
    /// - Parameter mark: the mark of the source of its timestamp.
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
        // The length of the key marks the border between key and value.
        let keyCount = UInt64(truncatingIfNeeded: record.key.count)
        let write = FoldHash.fold(mark ^ FoldHash.key.0, record.timestamp.version ^ FoldHash.key.1)
        let low = FoldHash.hash(record.text, seed: write ^ keyCount)
        let high = FoldHash.hash(record.text, seed: FoldHash.fold(write ^ FoldHash.key.2, mark &+ keyCount))
        return (low, high)
    }
}
