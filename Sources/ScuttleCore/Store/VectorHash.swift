/// A number that tells two clocks apart: the sum over all sources of a mixture of id and version.
///
/// A sum can be put right where one addend changes, so it costs the same for any number of sources. What is held ahead of
/// the clock counts too: replicas with equal clocks and different entries would otherwise have nothing to say to each
/// other. Purged versions do not: whoever has the same clock has covered what was purged. Not cryptographic: a peer that
/// makes two clocks collide deceives itself.
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

    /// An entry of a retired source, which counts as the source did.
    mutating func addRetired(_ mark: UInt64, _ version: Version) {
        value &+= Self.mix(mark, version)
    }

    mutating func removeRetired(_ mark: UInt64, _ version: Version) {
        value &-= Self.mix(mark, version)
    }

    /// Something that is said of a name.
    mutating func addName(_ mark: UInt64, _ number: UInt64, _ salt: UInt64) {
        value &+= FoldHash.fold(mark ^ FoldHash.key.0, RandomSource.mix(number ^ salt))
    }

    mutating func removeName(_ mark: UInt64, _ number: UInt64, _ salt: UInt64) {
        value &-= FoldHash.fold(mark ^ FoldHash.key.0, RandomSource.mix(number ^ salt))
    }

    mutating func add(_ other: VectorHash) {
        value &+= other.value
    }

    private static func mix(_ mark: UInt64, _ version: Version) -> UInt64 {
        RandomSource.mix(mark ^ (version &* 0x9e37_79b9_7f4a_7c15))
    }
}
