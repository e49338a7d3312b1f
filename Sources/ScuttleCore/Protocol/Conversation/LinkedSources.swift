/// Of each source whose writer is the peer of a link, which link that is.
extension Replica {
    /// The link to the writer of a source. O(length of its id) expected.
    func writerLink(of source: Bytes) -> Conversation? {
        linkTable.linkedSources.find(sources.hash(of: source)) {
            linkTable.links[Int($0)].peerID?.equals(source) ?? false
        }.map { linkTable.links[Int($0)] }
    }

    /// The link at an index leads to the writer of a source, from now on and in place of an earlier one.
    func link(_ source: Bytes, at index: Int) {
        if let earlier = writerLink(of: source)?.index { unlink(source, at: earlier) }
        linkTable.linkedSources.insert(sources.hash(of: source), UInt32(truncatingIfNeeded: index))
        if let id = sources.find(source) { sources[id].isLinked = true }
    }

    /// The link at an index leads to the writer of a source no more, if it did.
    func unlink(_ source: Bytes, at index: Int) {
        guard linkTable.linkedSources.remove(sources.hash(of: source), UInt32(truncatingIfNeeded: index)) else {
            return
        }
        if let id = sources.find(source) { sources[id].isLinked = false }
    }

    /// A link moves to another index.
    func moveLinkedSource(of link: Conversation, to index: Int) {
        guard let before = link.index, let source = link.peerID else { return }
        let hash = sources.hash(of: source)
        guard linkTable.linkedSources.remove(hash, UInt32(truncatingIfNeeded: before)) else { return }
        linkTable.linkedSources.insert(hash, UInt32(truncatingIfNeeded: index))
    }
}

extension Conversation {
    /// Up to where the writer of a source has stated it on this link; nil if the writer may have ended: it has left more than one gossip
    /// unanswered.
    func stated(of source: SourceID) -> Version? {
        switch session {
        case .undecided(let session, _), .extended(let session):
            session.silence < 2 ? session.peer.confirmed(source, in: replica) : nil
        case .closed(let session): session.silence < 2 ? 0 : nil
        case .classic: nil
        }
    }
}
