/// A Lamport number: a write takes one more than the highest that its writer has seen, so it wins over all of that.
/// 0 stands before all versions.
public typealias Version = UInt64

extension Version {
    /// 2^53-1: the highest integer that peers in JavaScript can count to.
    public static let highest: Version = (1 << 53) - 1
}
