/// The options of a link.
public struct LinkOptions: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// New updates are sent without a request after the first reconciliation.
    public static let live = LinkOptions(rawValue: 1)
    /// Each read makes one datagram. Each input is a line of one.
    public static let datagram = LinkOptions(rawValue: 2)
    /// The peer's updates are rejected.
    public static let readOnly = LinkOptions(rawValue: 4)
    /// The link speaks the classic dialect alone, and says no hello.
    public static let classic = LinkOptions(rawValue: 8)
    /// The link says hello, and speaks the classic dialect if the peer does.
    public static let any = LinkOptions(rawValue: 16)
    /// Classic deltas contain superseded updates of the history.
    public static let history = LinkOptions(rawValue: 32)
}
