/// The state of a retirement. Of two states with one number the greater is the later.
public struct RetirementState: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue & 3
    }

    /// Some remaining name has not stated that it covers the same of the retired names.
    public static let pending: RetirementState = []
    /// All remaining names have: stability waits for the retired name no longer.
    public static let final = RetirementState(rawValue: 1)
    /// A replica of the name has sent that it is there.
    public static let alive = RetirementState(rawValue: 2)
}
