/// What a session may use of its surroundings: the replica, the transport, the send buffer, the options of the link, and the host's name
/// for the link.
///
/// It is the base of the link, which gives itself to each of its sessions. Sessions know no more of the link, and do not outlive it.
public class LinkContext {
    // Where a small field stands is a matter of size: it fills the last word of the one before, and a host may hold a link
    // for each of thousands of peers.

    /// Held, so that it is there as long as its links are; a constant, so that reading it counts nothing.
    final let replica: Replica
    final let transport: Transport

    /// What goes out next.
    final var output = SendBuffer()
    public final let options: LinkOptions
    /// That many messages have waited, and not been read since: see `LinkContext+Backlog`.
    public internal(set) final var isOverHighWaterMark = false
    private final var place: UInt32?
    /// Where the link stands in `LinkTable.links`; nil once it is closed.
    final var index: Int? {
        get { place.map { Int($0) } }
        set { place = newValue.map { UInt32(truncatingIfNeeded: $0) } }
    }

    /// Where the first of `failures` stands.
    private final var firstFailure: UInt32 = 0
    /// What the next reads have to report, in order.
    final var failures: [Failure] = []

    /// Why the link ends, from the call that has found out to its return.
    final var closing: ClosedSession?

    /// What stands for this link at its host. Not used here but to name the link in callbacks.
    public final var host: UnsafeRawPointer?
    final var identity: LinkIdentity { LinkIdentity(host: host) }

    init(_ replica: Replica, _ options: LinkOptions, _ transport: Transport) {
        (self.replica, self.options, self.transport) = (replica, options, transport)
    }

    /// What the peer says changes nothing here.
    final var isReadOnly: Bool { options.contains(.readOnly) }
    /// New updates go out without being asked for.
    final var isLive: Bool { options.contains(.live) }

    /// Whether a peer that speaks the classic dialect is let in. That dialect cannot say which cluster a peer belongs to.
    final var allowsClassic: Bool {
        options.contains(.classic)
            || options.contains(.any) && transport.allowsClassic && replica.cluster.bytes.isEmpty
    }

    /// Tells the host.
    final func raise(_ event: Event, _ code: Failure.Code? = nil) {
        replica.configuration.onEvent?(identity, event, code?.rawValue ?? 0)
    }

    /// Tells the host if an update had another content than is known here under its timestamp, and was not refused for that.
    final func tellEquivocation() {
        replica.hasSeenEquivocation = false
        raise(.diverged, .corrupt)
    }

    /// The conversation ends with the call that throws the failure.
    /// - Parameter reason: what the peer is told; nil: nothing.
    final func end(_ reason: RejectReason?, _ failure: Failure) -> Failure {
        closing = ClosedSession(failure, telling: reason)
        return failure
    }

    /// The first failure that is to be reported; nil if there is none.
    @inline(never)
    final func takeFailure() -> Failure? {
        guard !failures.isEmpty else { return nil }
        defer {
            firstFailure += 1
            if firstFailure >= failures.count { (failures, firstFailure) = ([], 0) }
        }
        return failures[Int(firstFailure)]
    }
}
