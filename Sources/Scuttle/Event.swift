internal import CScuttle

/// An event on a link.
public enum Event: Hashable, Sendable {
    /// The hello of the peer was accepted.
    case hello
    /// Both version vectors are equal. Reported once, until they differ again.
    case inStep
    /// The link has ended, with the error.
    case ended(ScuttleError.Code?)
    /// With nil: the version vectors are equal but the contents differ, and both replicas exchange all entries. With
    /// ``ScuttleError/Code/corrupt``: an entry was replaced by another content with the same timestamp.
    case diverged(ScuttleError.Code?)
    /// The peer has refused this update, or it is too long for a datagram of the link. The link does not send it again.
    case refused(ScuttleError.Code?, Update?)
    /// A peer has seen two live incarnations of one name: two processes run under it.
    case twin

    /// Converts an event; nil for an event of a later version.
    init?(_ event: CInt, _ code: CInt, of link: OpaquePointer) {
        let reason = ScuttleError.Code(rawValue: code)
        switch event {
        case SCUTTLE_EVENT_HELLO: self = .hello
        case SCUTTLE_EVENT_IN_STEP: self = .inStep
        case SCUTTLE_EVENT_ENDED: self = .ended(reason)
        case SCUTTLE_EVENT_DIVERGED: self = .diverged(reason)
        case SCUTTLE_EVENT_REFUSED:
            var update: UnsafePointer<scuttle_update_t>?
            scuttle_event_update(link, &update)
            self = .refused(reason, update.map { Update($0.pointee) })
        case SCUTTLE_EVENT_TWIN: self = .twin
        default: return nil
        }
    }
}
