internal import CScuttle

/// What has happened on a link.
public enum Event: Hashable, Sendable {
    /// The hello of the peer was accepted.
    case hello
    /// Both version vectors were found equal; once, until they differ again.
    case inStep
    /// The link has ended, for this reason.
    case ended(ScuttleError.Code?)
    /// With nil: the version vectors are equal and the contents are not, and both replicas exchange all entries. With
    /// ``ScuttleError/Code/corrupt``: another content has replaced one of the same write.
    case diverged(ScuttleError.Code?)
    /// The peer has refused this update, or it fits no datagram of the link, and it is not sent there again.
    case refused(ScuttleError.Code?, Update?)
    /// Two live incarnations of one name have sent something: two processes run under it.
    case twin

    /// Nil for an event of a later version.
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
