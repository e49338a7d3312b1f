/// The state of a conversation that one side has ended: the error, the pending reject message, and the peer's source.
final class ClosedSession {
    let failure: Failure
    /// The reason of the pending reject message; nil if none is pending.
    var reject: RejectReason?
    /// The source of the peer, and the gossips since its last hello.
    var peerSource: OwnedBytes?
    var silence: UInt8 = 0

    init(_ failure: Failure, telling reason: RejectReason? = nil) {
        (self.failure, reject) = (failure, reason)
    }

    /// Appends the reject message if it is pending. False if it is not, or does not fit.
    func append(_ budget: SendBudget, _ context: LinkContext) -> Bool {
        guard let reason = reject,
            context.appendControl(budget, { budget in context.append(within: budget) { $0.appendReject(reason) } })
        else { return false }
        reject = nil
        return true
    }
}

extension LinkContext {
    /// Ends the link because of the peer's reject message. Returns the error.
    func rejected(for reason: Bytes) -> Failure {
        let why: StaticString =
            if reason.equals(Bytes(RejectReason.cluster.name)) {
                "its cluster is another one"
            } else if reason.equals(Bytes(RejectReason.protocolVersion.name)) {
                "it supports no protocol version of this replica"
            } else if reason.equals(Bytes(RejectReason.identity.name)) {
                "this replica's source, or its version of the peer's source, contradicts the peer's state"
            } else if reason.equals(Bytes(RejectReason.refused.name)) {
                "it refuses more updates than its max_refused"
            } else {
                "the reason is unknown"
            }
        return end(nil, Failure(.rejected, "the peer has rejected this replica: \(why)"))
    }
}
