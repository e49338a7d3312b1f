/// Twins: two live incarnations of one name. Two processes were given one name by mistake, or a host has continued from
/// an old copy of itself. No update is lost; the hosts get a report.
extension ExtendedSession {
    /// Looks for a twin of a peer that has said hello.
    func noteTwins(of hello: Hello, isNew: Bool) {
        let name = hello.source.nameOfSource
        if isNew {
            peerName = FoldHash.hash(ofName: name)
            if name.equals(replica.name) {
                context.raise(.twin)
                return
            }
            // Both have to say hello again, because the link of an incarnation that has ended may still be open.
            for link in replica.linkTable.links {
                guard let other = link.extended, isTwin(of: other) else { continue }
                other.suspicion = .waiting
                suspicion = .waiting
            }
            return
        }
        guard suspicion == .waiting else { return }
        suspicion = .confirmed
        // Of three incarnations two may be reported already.
        for link in replica.linkTable.links {
            guard let other = link.extended, isTwin(of: other), other.suspicion.isConfirmed else { continue }
            other.reportTwin()
            return reportTwin()
        }
    }

    private func reportTwin() {
        guard suspicion != .reported else { return }
        suspicion = .reported
        pending.sendsTwin = true
        context.raise(.twin)
    }

    private func isTwin(of other: ExtendedSession) -> Bool {
        self !== other && peerName == other.peerName && peer.incarnation != other.peer.incarnation
    }

    /// Handles the peer's report: another incarnation of this replica's name is live. It does not concern the peer's
    /// own name.
    func receiveTwin() {
        guard isAddressed, !hasReceivedTwin else { return }
        hasReceivedTwin = true
        context.raise(.twin)
    }

    /// The knowledge about another incarnation of the peer's name.
    enum Suspicion: UInt8 {
        case none
        /// There is a link to another incarnation, and neither has said hello since.
        case waiting
        /// The peer has said hello since.
        case confirmed
        /// The same, and the hosts have reports.
        case reported

        var isConfirmed: Bool { self == .confirmed || self == .reported }
    }
}
