/// What happens on a link that a host may want to know. The numbers of `SCUTTLE_EVENT_…` in scuttle.h.
public enum Event: Int32, CaseIterable, Sendable {
    /// The hello of the peer was accepted.
    case hello = 1
    /// Both version vectors were found equal: once, until they differ again.
    case inStep = 2
    /// The link has ended; the code says why.
    case ended = 3
    /// The version vectors are equal, and the contents are not.
    case diverged = 4
    /// An update was refused.
    case refused = 5
    /// The replica has received claims of two live incarnations of one name.
    case twin = 6
}
