/// A Lamport number: a write takes one more than the highest that its writer has seen, so it wins over all of that.
/// 0 stands before all versions.
public typealias Version = UInt64

extension Version {
    /// 2^53-1: the highest integer that peers in JavaScript can count to.
    public static let highest: Version = (1 << 53) - 1
}

/// A source's number in the source table: given when it is first heard of, and given to another once the source has ended and is
/// known by its hash alone.
typealias SourceID = UInt32

/// A name's place in the name table: given when a source of it is first heard of, and given out again when none is left.
typealias NameID = UInt32

/// A key's place in the key table. It is given when the key is first written and stays while the key has an entry.
typealias KeyID = UInt32
