/// The links whose peers write the sources that are known here.
extension Replica {
    /// Returns the link to the writer of a source. O(length of its id) expected.
    func writerLink(of source: Bytes) -> Conversation? {
        linkTable.linkedSources.find(sources.hash(of: source)) {
            linkTable.links[Int($0)].peerID?.equals(source) ?? false
        }.map { linkTable.links[Int($0)] }
    }

    /// Notes that the link at an index leads to the writer of a source, in place of an earlier link.
    func link(_ source: Bytes, at index: Int) {
        if let earlier = writerLink(of: source)?.index { unlink(source, at: earlier) }
        linkTable.linkedSources.insert(sources.hash(of: source), UInt32(truncatingIfNeeded: index))
        if let id = sources.find(source) { sources[id].isLinked = true }
    }

    /// Notes that the link at an index does not lead to the writer of a source any more.
    func unlink(_ source: Bytes, at index: Int) {
        guard linkTable.linkedSources.remove(sources.hash(of: source), UInt32(truncatingIfNeeded: index)) else {
            return
        }
        if let id = sources.find(source) { sources[id].isLinked = false }
    }

    /// Moves a link's source to another index.
    func moveLinkedSource(of link: Conversation, to index: Int) {
        guard let before = link.index, let source = link.peerID else { return }
        let hash = sources.hash(of: source)
        guard linkTable.linkedSources.remove(hash, UInt32(truncatingIfNeeded: before)) else { return }
        linkTable.linkedSources.insert(hash, UInt32(truncatingIfNeeded: index))
    }
}

extension Conversation {
    /// Returns the version up to which the writer of a source has claimed it on this link. Nil if the writer may have
    /// ended, because it has not replied to more than one gossip.
    func stated(of source: SourceID) -> Version? {
        switch session {
        case .undecided(let session, _), .extended(let session):
            session.silence < 2 ? session.peer.confirmed(source, in: replica) : nil
        case .closed(let session): session.silence < 2 ? 0 : nil
        case .classic: nil
        }
    }
}
