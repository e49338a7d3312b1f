/// A number that tells the contents of two replicas apart: the sum, over all keys that hold a value, of a mixture of key,
/// timestamp and value. 128 bits, and the same function in all replicas.
///
/// `Store.contentHash` adds the entries that have arrived since its last read. So an overwrite between two reads costs nothing.
/// Add, remove: O(bytes of key and value).
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
        // The length of the key separates key and value in the text of both.
        let keyCount = UInt64(truncatingIfNeeded: record.key.count)
        let write = FoldHash.fold(mark ^ FoldHash.key.0, record.timestamp.version ^ FoldHash.key.1)
        let low = FoldHash.hash(record.text, seed: write ^ keyCount)
        let high = FoldHash.hash(record.text, seed: FoldHash.fold(write ^ FoldHash.key.2, mark &+ keyCount))
        return (low, high)
    }
}
