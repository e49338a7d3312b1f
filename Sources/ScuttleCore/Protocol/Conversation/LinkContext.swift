/// What a session uses of its surroundings: the replica, the transport, the send buffer, the options of the link, and
/// the host's name for the link.
///
/// A link owns one while it is open, and gives it to each of its sessions. Sessions know no more of the link.
final class LinkContext {
    // The order of the fields saves memory: a small field fills the last word of the one before. A host may hold a link
    // for each of thousands of peers.

    /// Owned, so that the replica outlives its links. A constant, because reading it counts no reference.
    let replica: Replica
    let transport: Transport
    /// The index of the link in `LinkTable.links`; nil after the link was closed.
    var index: Int?
    let options: LinkOptions
    /// Whether `mtu` messages were pending and were not all read since: see `LinkContext+Backlog`.
    var isFull = false

    /// The next output.
    var output = SendBuffer()
    /// The errors that the next reads report, in order, and the index of the first.
    var failures: [Failure] = []
    private var firstFailure = 0

    /// The closed session that follows, from the call that ends the link to its return.
    var closing: ClosedSession?

    /// The host's pointer for this link. Callbacks name the link by it.
    var host: UnsafeRawPointer?
    var identity: LinkIdentity { LinkIdentity(host: host) }

    init(_ replica: Replica, _ options: LinkOptions, _ transport: Transport) {
        (self.replica, self.options, self.transport) = (replica, options, transport)
    }

    /// Whether messages of the peer change nothing here.
    var isReadOnly: Bool { options.contains(.readOnly) }
    /// Whether new updates are sent without a request.
    var isLive: Bool { options.contains(.live) }

    /// Whether classic peers are allowed. The classic dialect cannot check the peer's cluster.
    var allowsClassic: Bool {
        options.contains(.classic)
            || options.contains(.any) && transport.allowsClassic && replica.cluster.bytes.isEmpty
    }

    /// Calls `onEvent`.
    func raise(_ event: Event, _ code: Failure.Code? = nil) {
        replica.configuration.onEvent?(identity, event, code?.rawValue ?? 0)
    }

    /// Reports an equivocation that was not rejected.
    func reportEquivocation() {
        replica.hasSeenEquivocation = false
        raise(.diverged, .corrupt)
    }

    /// Ends the conversation with the call that throws the returned error.
    /// - Parameter reason: the reason of the reject message to the peer; nil for no message.
    func end(_ reason: RejectReason?, _ failure: Failure) -> Failure {
        closing = ClosedSession(failure, telling: reason)
        return failure
    }

    /// Removes and returns the first error to report; nil if there is none.
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
