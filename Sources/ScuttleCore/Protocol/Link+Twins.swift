/// Two live incarnations of one name: two processes that were given one name by mistake, or a host that goes on with an old
/// copy of itself. Nothing is lost; their hosts are told.
extension Link {
    /// A peer has said hello: is there another one of its name?
    func noteTwins(of hello: Hello, isNew: Bool) {
        let name = hello.source.nameOfSource
        if isNew {
            peerName = FoldHash.hash(ofName: name)
            if name.equals(replica.name) {
                raise(.twin)
                return
            }
            // Both have to be heard again: a link of an incarnation that has ended may still be open.
            for other in replica.linkTable.links where other.isTwin(of: self) {
                other.suspicion = .waiting
                suspicion = .waiting
            }
            return
        }
        guard suspicion == .waiting else { return }
        suspicion = .heard
        // Of three incarnations two may have been told of already.
        for other in replica.linkTable.links where other.isTwin(of: self) && other.suspicion.hasBeenHeard {
            for link in [other, self] where link.suspicion != .told {
                link.suspicion = .told
                link.pending.tellsTwin = true
                link.raise(.twin)
            }
            return
        }
    }

    private func isTwin(of other: Link) -> Bool {
        guard case .extended = dialect, self !== other else { return false }
        return peerName == other.peerName && peer.incarnation != other.peer.incarnation
    }

    /// The peer knows another live incarnation of this replica's name. That says nothing of the peer's own name.
    /// - Throws: what ended the link.
    public func receiveTwin() throws(Failure) {
        guard try speaksExtended(), isAddressed, !hasHeardOfTwin else { return }
        hasHeardOfTwin = true
        raise(.twin)
    }

    /// What is known of another incarnation of the peer's name.
    enum Suspicion: UInt8 {
        case none
        /// There is a link to one, and neither has said hello since.
        case waiting
        /// The peer has said hello since.
        case heard
        /// The same, and hosts have been told.
        case told

        var hasBeenHeard: Bool { self == .heard || self == .told }
    }
}
