/// What a session may use of its surroundings: the replica, the transport, the send buffer, the options of the link, and the host's name
/// for the link.
///
/// A link has one as long as it is open, and gives it to each of its sessions. Sessions know no more of the link.
final class LinkContext {
    // Where a small field stands is a matter of size: it fills the last word of the one before, and a host may hold a link
    // for each of thousands of peers.

    /// Held, so that it is there as long as its links are; a constant, so that reading it counts nothing.
    let replica: Replica
    let transport: Transport
    /// Where the link stands in `LinkTable.links`; nil once it is closed.
    var index: Int?
    let options: LinkOptions
    /// That many messages have waited, and not been read since: see `LinkContext+Backlog`.
    var isFull = false

    /// What goes out next.
    var output = SendBuffer()
    /// What the next reads have to report, in order, and where the first of it stands.
    var failures: [Failure] = []
    private var firstFailure = 0

    /// Why the link ends, from the call that has found out to its return.
    var closing: ClosedSession?

    /// What stands for this link at its host. Not used here but to name the link in callbacks.
    var host: UnsafeRawPointer?
    var identity: LinkIdentity { LinkIdentity(host: host) }

    init(_ replica: Replica, _ options: LinkOptions, _ transport: Transport) {
        (self.replica, self.options, self.transport) = (replica, options, transport)
    }

    /// What the peer says changes nothing here.
    var isReadOnly: Bool { options.contains(.readOnly) }
    /// New updates go out without being asked for.
    var isLive: Bool { options.contains(.live) }

    /// Whether a peer that speaks the classic dialect is let in. That dialect cannot say which cluster a peer belongs to.
    var allowsClassic: Bool {
        options.contains(.classic)
            || options.contains(.any) && transport.allowsClassic && replica.cluster.bytes.isEmpty
    }

    /// Tells the host.
    func raise(_ event: Event, _ code: Failure.Code? = nil) {
        replica.configuration.onEvent?(identity, event, code?.rawValue ?? 0)
    }

    /// Tells the host if an update had another content than is known here under its timestamp, and was not refused for that.
    func reportEquivocation() {
        replica.hasSeenEquivocation = false
        raise(.diverged, .corrupt)
    }

    /// The conversation ends with the call that throws the failure.
    /// - Parameter reason: what the peer is told; nil: nothing.
    func end(_ reason: RejectReason?, _ failure: Failure) -> Failure {
        closing = ClosedSession(failure, telling: reason)
        return failure
    }

    /// The first failure that is to be reported; nil if there is none.
    @inline(never)
    func removeFailure() -> Failure? {
        guard !failures.isEmpty else { return nil }
        defer {
            firstFailure += 1
            if firstFailure == failures.count { (failures, firstFailure) = ([], 0) }
        }
        return failures[firstFailure]
    }
}
