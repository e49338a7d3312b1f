/// A hash of a version vector: the sum over all sources of a mixture of id and version.
///
/// The sum changes by one addend if an entry changes, so a change costs O(1) whatever the number of sources. Entries that are out
/// of order count too; otherwise replicas with equal vectors and different entries would have nothing to send. GC versions do not
/// count, because replicas with equal vectors have covered what was purged. The hash is not cryptographic: a peer that makes two
/// vectors collide deceives itself.
struct VectorHash: Equatable {
    private(set) var value: UInt64 = 0

    @_optimize(speed)
    mutating func change(_ source: Source, from old: Version, to new: Version) {
        if old > 0 { value &-= Self.mix(source.mark, old) }
        if new > 0 { value &+= Self.mix(source.mark, new) }
    }

    mutating func addOutOfOrder(_ source: Source, _ version: Version) {
        value &+= Self.mix(~source.mark, version)
    }

    mutating func removeOutOfOrder(_ source: Source, _ version: Version) {
        value &-= Self.mix(~source.mark, version)
    }

    /// Adds a retired source, which counts as it did before it was retired.
    mutating func addRetired(_ mark: UInt64, _ version: Version) {
        value &+= Self.mix(mark, version)
    }

    mutating func removeRetired(_ mark: UInt64, _ version: Version) {
        value &-= Self.mix(mark, version)
    }

    /// Adds a number that belongs to a name: its retirement or its statement.
    mutating func addName(_ mark: UInt64, _ number: UInt64, _ salt: UInt64) {
        value &+= FoldHash.fold(mark ^ FoldHash.key.0, RandomSource.mix(number ^ salt))
    }

    mutating func add(_ other: VectorHash) {
        value &+= other.value
    }

    private static func mix(_ mark: UInt64, _ version: Version) -> UInt64 {
        RandomSource.mix(mark ^ (version &* 0x9e37_79b9_7f4a_7c15))
    }
}
