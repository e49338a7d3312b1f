/// The surroundings of a session: the replica, the transport, the send buffer, the options of the link, and
/// the host's name for the link.
///
/// It is the base class of the link, which gives itself to each of its sessions. A session knows no more of the link, and does not
/// outlive it.
public class LinkContext {
    // The order of the fields saves memory: a small field fills the last word of the one before. A host may hold a link
    // for each of thousands of peers.

    /// Owned, so that the replica outlives its links. A constant, because reading it counts no reference.
    final let replica: Replica
    final let transport: Transport

    /// The next output.
    final var output = SendBuffer()
    public final let options: LinkOptions
    /// Whether `mtu` messages were pending and were not all read since: see `LinkContext+Backlog`.
    public internal(set) final var isFull = false
    private final var place: UInt32?
    /// The index of the link in `LinkTable.links`; nil after the link was closed.
    final var index: Int? {
        get { place.map { Int($0) } }
        set { place = newValue.map { UInt32(truncatingIfNeeded: $0) } }
    }

    /// The index of the first of `failures` that was not reported.
    private final var firstFailure: UInt32 = 0
    /// The errors that the next reads report, in order.
    final var failures: [Failure] = []

    /// What has crossed the link.
    public internal(set) final var traffic = Traffic()

    /// The closed session that follows, from the call that ends the link to its return.
    final var closing: ClosedSession?

    /// The host's pointer for this link. Callbacks name the link by it.
    public final var host: UnsafeRawPointer?
    final var identity: LinkIdentity { LinkIdentity(host: host) }

    init(_ replica: Replica, _ options: LinkOptions, _ transport: Transport) {
        (self.replica, self.options, self.transport) = (replica, options, transport)
    }

    /// Whether messages of the peer change nothing here.
    final var isReadOnly: Bool { options.contains(.readOnly) }
    /// Whether new updates are sent without a request.
    final var isLive: Bool { options.contains(.live) }

    /// Whether classic peers are allowed. The classic dialect cannot check the peer's cluster.
    final var allowsClassic: Bool {
        options.contains(.classic)
            || options.contains(.any) && transport.allowsClassic && replica.cluster.bytes.isEmpty
    }

    /// Calls `onEvent`.
    final func raise(_ event: Event, _ code: Failure.Code? = nil) {
        switch event {
        case .ended: replica.counters.linksEnded &+= 1
        case .diverged: if code == nil { replica.counters.diverged &+= 1 }
        case .twin: replica.counters.twins &+= 1
        case .hello, .inStep, .refused: break
        }
        replica.configuration.onEvent?(identity, event, code?.rawValue ?? 0)
    }

    /// Counts a line of the peer. A blank one is no message.
    @inline(__always)
    final func note(_ line: Bytes) { traffic.messagesIn &+= line.count > 0 ? 1 : 0 }

    /// Adds what has crossed the link to the figures of the replica, because the link closes.
    @inline(never)
    final func leaveTraffic() { replica.closedTraffic.add(traffic) }

    /// Reports an equivocation that was not rejected.
    @inline(never)
    final func reportEquivocation() {
        replica.hasSeenEquivocation = false
        replica.counters.corrupt &+= 1
        raise(.diverged, .corrupt)
    }

    /// Ends the conversation with the call that throws the returned error.
    /// - Parameter reason: the reason of the reject message to the peer; nil for no message.
    final func end(_ reason: RejectReason?, _ failure: Failure) -> Failure {
        closing = ClosedSession(failure, telling: reason)
        return failure
    }

    /// Removes and returns the first error to report; nil if there is none.
    @inline(never)
    final func removeFailure() -> Failure? {
        guard !failures.isEmpty else { return nil }
        defer {
            firstFailure += 1
            if firstFailure >= failures.count { (failures, firstFailure) = ([], 0) }
        }
        return failures[Int(firstFailure)]
    }
}
