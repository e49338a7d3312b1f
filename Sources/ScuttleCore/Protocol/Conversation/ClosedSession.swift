/// A conversation that one side has ended: why, the reject message that the peer gets, and who the peer was.
final class ClosedSession {
    let failure: Failure
    /// What the peer is still to be told; nil: nothing, or it has been told.
    var reject: RejectReason?
    /// What the peer wrote under, and the gossips since its last hello.
    var peerSource: OwnedBytes?
    var silence: UInt8 = 0

    init(_ failure: Failure, telling reason: RejectReason? = nil) {
        (self.failure, reject) = (failure, reason)
    }

    /// Appends the reject message, if it has not gone out.
    func append(_ budget: SendBudget, _ context: LinkContext) -> Bool {
        guard let reason = reject,
            context.appendControl(budget, { budget in context.append(within: budget) { $0.appendReject(reason) } })
        else { return false }
        reject = nil
        return true
    }
}

extension LinkContext {
    /// The peer has rejected this replica. Returns why the link ends.
    func rejected(for reason: Bytes) -> Failure {
        let why: StaticString =
            if reason.equals(Bytes(RejectReason.cluster.name)) {
                "it belongs to another cluster"
            } else if reason.equals(Bytes(RejectReason.protocolVersion.name)) {
                "it speaks no protocol version that this replica speaks"
            } else if reason.equals(Bytes(RejectReason.identity.name)) {
                "the id of this replica, or what it says of the peer's, clashes with what the peer knows"
            } else if reason.equals(Bytes(RejectReason.refused.name)) {
                "it refuses more updates than it can remember"
            } else {
                "for a reason that is not known here"
            }
        return end(nil, Failure(.rejected, "the peer has rejected this replica: \(why)"))
    }
}
