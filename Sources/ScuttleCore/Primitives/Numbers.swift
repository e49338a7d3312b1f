/// A Lamport number. A new write has one more than the highest number that its writer has seen, so it wins over all earlier
/// writes. Versions begin at 1.
public typealias Version = UInt64

extension Version {
    /// 2^53-1: the greatest integer that JavaScript represents exactly.
    public static let highest: Version = (1 << 53) - 1
}

/// A source's index in the source table. The table assigns it to a new source, and reuses it when the source has ended and only its hash
/// is kept.
typealias SourceID = UInt32

/// A name's index in the name table. The table assigns it with the name's first source, and reuses it when no source is left.
typealias NameID = UInt32

/// A key's index in the key table. The table assigns it at the first write of the key; it stays while the key has an entry.
typealias KeyID = UInt32
