/// A replica: a store, and the links to its peers.
///
/// The protocol is van Renesse, Dumitriu, Gough, Thomas: "Efficient Reconciliation and Flow Control for Anti-Entropy
/// Protocols", LADIS 2008. A replica does no I/O, reads no clock and takes no lock: whoever holds it calls it from one
/// thread at a time, feeds `Link.receive` and drains `Link.read`.
public final class Replica: LinkedStore {
    public convenience init(id: borrowing ReplicaID, configuration: Configuration) {
        self.init(ownID: id.bytes, configuration: configuration)
    }

    /// A new one with the same id and configuration.
    public func another() -> Replica {
        Replica(ownID: id, configuration: configuration)
    }

    override func storeFirst(_ key: Bytes, _ value: Bytes, _ kind: Update.Kind, _ lease: Lease?) throws(Failure) {
        try storeRows(before: key, value, kind, lease)
    }
}

extension Replica {
    /// Opens a link to one more peer, which the caller owns: it is open until `close`, or until nobody holds it any more.
    /// - Throws: `.links`; `.argument` for datagrams in the classic dialect, which has none; `.cluster` for the classic dialect in a
    ///   cluster, which it cannot check.
    public func openLink(_ options: Link.Options = []) throws(Failure) -> Link {
        guard !options.isSuperset(of: [.datagram, .classic]) else {
            throw Failure(.argument, "the classic dialect has no datagrams")
        }
        guard !options.contains(.history) || options.contains(.classic) || options.contains(.any) else {
            throw Failure(.argument, "SCUTTLE_LINK_HISTORY is for the classic dialect")
        }
        guard !options.contains(.classic) || cluster.bytes.isEmpty else {
            throw Failure(.cluster, "the classic dialect cannot check that a peer belongs to the cluster")
        }
        guard linkTable.links.count < configuration.maxLinks else {
            throw Failure(.links, "another link than the \(linkTable.links.count) open; max_links")
        }
        if options.contains(.classic) { hasMetClassic = true }
        let link = Link(self, options)
        linkTable.links.append(link)
        return link
    }

    /// Closes a link; what it still had to send is dropped, here and now: the object itself may go later, when nothing
    /// protects the records that it held.
    public func close(_ link: Link) {
        link.close()
        guard let index = link.context.index else { return }
        if let source = link.peerID { unlink(source, at: index) }
        link.context.index = nil
        removeLink(at: index)
    }

    /// Asks every peer for what is new.
    public func gossip() {
        refreshRetirements()
        for link in linkTable.links { link.gossip() }
        rest()
    }
}
