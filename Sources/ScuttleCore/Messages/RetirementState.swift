/// What has become of a retirement. Of two of one number the greater one is the later.
public struct RetirementState: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue & 3
    }

    /// Not all names that are left have said that they cover the same of it.
    public static let pending: RetirementState = []
    /// They have: nobody waits for it any more.
    public static let final = RetirementState(rawValue: 1)
    /// A replica of the name has said that it is there.
    public static let alive = RetirementState(rawValue: 2)
}
