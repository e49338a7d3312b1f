/// What the host wants of a link.
public struct LinkOptions: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// After the first reconciliation new updates go out without being asked for.
    public static let live = LinkOptions(rawValue: 1)
    /// Each read makes one datagram, each message that comes in is a line of one.
    public static let datagram = LinkOptions(rawValue: 2)
    /// Nothing is accepted from the peer.
    public static let readOnly = LinkOptions(rawValue: 4)
    /// Never say hello.
    public static let classic = LinkOptions(rawValue: 8)
    /// Say hello, and speak the classic dialect if the peer does.
    public static let any = LinkOptions(rawValue: 16)
    /// Answers of the classic dialect come from the history, too.
    public static let history = LinkOptions(rawValue: 32)
}
