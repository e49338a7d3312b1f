/// The face of a replica: it makes replicas, opens and closes links, and gossips. The class stands in Protocol/Conversation/; all
/// that needs no link stands in Store/.
extension Replica {
    public convenience init(id: borrowing ReplicaID, configuration: Configuration) {
        self.init(ownID: id.bytes, configuration: configuration)
    }

    private convenience init(ownID: Bytes, configuration: Configuration) {
        self.init(
            ownID: ownID, configuration: configuration,
            encoding: StoreEncoding(
                encodeID: { Encoding.chosen.encodedID(of: $0) },
                storeFirst: { store, entries, version throws(Failure) in
                    try store.storeRows(of: entries, upTo: version)
                }))
    }

    /// Returns a new replica with the same id and configuration.
    public func another() -> Replica {
        Replica(ownID: id, configuration: configuration)
    }
}

extension Replica {
    /// Opens a link to a peer. The caller owns the link, which is open until `close` or until its last reference goes.
    /// - Throws: `.links` if `max_links` are open; `.argument` for datagrams in the classic dialect, which has none; `.cluster`
    ///   for the classic dialect if `cluster` is set, because the dialect cannot check it.
    public func openLink(_ options: Link.Options = []) throws(Failure) -> Link {
        guard !options.isSuperset(of: [.datagram, .classic]) else {
            throw Failure(.argument, "SCUTTLE_LINK_CLASSIC and SCUTTLE_LINK_DATAGRAM exclude each other")
        }
        guard !options.contains(.history) || options.contains(.classic) || options.contains(.any) else {
            throw Failure(.argument, "SCUTTLE_LINK_HISTORY needs SCUTTLE_LINK_CLASSIC or SCUTTLE_LINK_ANY")
        }
        guard !options.contains(.classic) || cluster.bytes.isEmpty else {
            throw Failure(.cluster, "cluster is set, which the classic dialect cannot check")
        }
        guard linkTable.links.count < configuration.maxLinks else {
            throw Failure(.links, "\(linkTable.links.count) links are open; max_links is \(configuration.maxLinks)")
        }
        if options.contains(.classic) { hasMetClassic = true }
        let link = Link(self, options)
        linkTable.links.append(link)
        counters.linksOpened &+= 1
        return link
    }

    /// Closes a link, and drops at once what the link still had to send. The object may go later, when nothing protects the
    /// records that it held.
    public func close(_ link: Link) {
        link.close()
        guard let index = link.index else { return }
        link.leaveTraffic()
        if let source = link.peerID { unlink(source, at: index) }
        link.index = nil
        removeLink(at: index)
    }

    /// Gossips on every link: requests what this replica lacks.
    public func gossip() {
        refreshRetirements()
        for link in linkTable.links { link.gossip() }
        finishCall()
    }
}
