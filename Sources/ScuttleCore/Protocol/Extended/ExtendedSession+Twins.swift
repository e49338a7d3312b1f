/// Two live incarnations of one name: two processes that were given one name by mistake, or a host that goes on with an old
/// copy of itself. Nothing is lost; their hosts are told.
extension ExtendedSession {
    /// A peer has said hello: is there another one of its name?
    func noteTwins(of hello: Hello, isNew: Bool) {
        let name = hello.source.nameOfSource
        if isNew {
            peerName = FoldHash.hash(ofName: name)
            if name.equals(replica.name) {
                context.raise(.twin)
                return
            }
            // Both have to be heard again: a link of an incarnation that has ended may still be open.
            for link in replica.linkTable.links {
                guard let other = link.extended, isTwin(of: other) else { continue }
                other.suspicion = .waiting
                suspicion = .waiting
            }
            return
        }
        guard suspicion == .waiting else { return }
        suspicion = .confirmed
        // Of three incarnations two may have been told of already.
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

    /// The peer knows another live incarnation of this replica's name. That says nothing of the peer's own name.
    func receiveTwin() {
        guard isAddressed, !hasReceivedTwin else { return }
        hasReceivedTwin = true
        context.raise(.twin)
    }

    /// What is known of another incarnation of the peer's name.
    enum Suspicion: UInt8 {
        case none
        /// There is a link to one, and neither has said hello since.
        case waiting
        /// The peer has said hello since.
        case confirmed
        /// The same, and hosts have been told.
        case reported

        var isConfirmed: Bool { self == .confirmed || self == .reported }
    }
}
