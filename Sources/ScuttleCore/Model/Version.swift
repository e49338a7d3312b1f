/// A Lamport number. A new write has one more than the highest number that its writer has seen, so it wins over all earlier
/// writes. Versions begin at 1.
public typealias Version = UInt64

extension Version {
    /// 2^53-1: the greatest integer that JavaScript represents exactly.
    public static let highest: Version = (1 << 53) - 1
}
