/// The face of a replica. The class stands in Protocol/Conversation/, and what it does beside its links in Store/.
extension Replica {
    public convenience init(id: borrowing ReplicaID, configuration: Configuration) {
        self.init(ownID: id.bytes, configuration: configuration)
    }

    private convenience init(ownID: Bytes, configuration: Configuration) {
        self.init(
            ownID: ownID, configuration: configuration,
            encoding: StoreEncoding(
                encodeID: { Encoding.chosen.encodedID(of: $0) },
                storeFirst: { store, key, value, kind, lease throws(Failure) in
                    try store.storeRows(before: key, value, kind, lease)
                }))
    }

    /// A new one with the same id and configuration.
    public func another() -> Replica {
        Replica(ownID: id, configuration: configuration)
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
        guard let index = link.index else { return }
        if let source = link.peerID { unlink(source, at: index) }
        link.index = nil
        removeLink(at: index)
    }

    /// Asks every peer for what is new.
    public func gossip() {
        refreshRetirements()
        for link in linkTable.links { link.gossip() }
        rest()
    }
}
