/// What peers claim of a source whose writer is linked here itself: the writer knows better.
///
/// A cover or a commit that claims more of a source than was ever issued would have this replica take the writer's next updates for
/// old news, and the writer would find that somebody has another vector of its source. So a claim counts up to what the writer
/// itself has said on its link, and the writer is asked for the rest. A claim of a source whose writer is not linked here cannot be
/// checked.
extension Link {
    /// How much of a peer's claim of a source counts. O(length of the source's id), if its writer is linked here; O(1) otherwise.
    func checked(_ version: Version, of id: SourceID) -> Version {
        let source = replica.sources[id]
        guard source.isLinked, version > source.covered else { return version }
        return checkedWithWriter(version, of: id)
    }

    @inline(never)
    private func checkedWithWriter(_ version: Version, of id: SourceID) -> Version {
        let source = replica.sources[id]
        guard let writer = replica.writerLink(of: source.id), writer !== self, !isPeer(source.id), writer.isHeard
        else { return version }
        let stated = writer.peer.confirmed(id, in: replica)
        guard version > stated else { return version }
        writer.askAgain()
        return max(stated, source.covered)
    }

    /// Whether the peer has left no more than one gossip unanswered. A silent one may be an incarnation that has ended.
    private var isHeard: Bool { silence < 2 }

    /// Whether the peer writes under a source.
    func isPeer(_ source: Bytes) -> Bool { peerSource?.bytes.equals(source) ?? false }

    /// The peer has said under which source it writes. What it claims on a read-only link counts nowhere.
    func notePeer(_ source: Bytes) {
        guard !isPeer(source) else { return }
        replica.unlinkSource(of: self)
        peerSource = OwnedBytes(copying: source)
        if !isReadOnly { replica.linkSource(of: self) }
    }
}

extension Replica {
    /// The link to the writer of a source. O(length of its id) expected.
    func writerLink(of source: Bytes) -> Link? {
        linkedSources.find(sources.hash(of: source)) { links[Int($0)].isPeer(source) }.map { links[Int($0)] }
    }

    /// A link leads to the writer of its peer's source, from now on and in place of an earlier one.
    func linkSource(of link: Link) {
        guard let place = link.place, let source = link.peerSource?.bytes else { return }
        if let earlier = writerLink(of: source)?.place { unlink(source, at: earlier) }
        linkedSources.insert(sources.hash(of: source), UInt32(truncatingIfNeeded: place))
        if let id = sources.find(source) { sources[id].isLinked = true }
    }

    func unlinkSource(of link: Link) {
        if let place = link.place, let source = link.peerSource?.bytes { unlink(source, at: place) }
    }

    /// The link at a place leads there no more, if it did.
    func unlink(_ source: Bytes, at place: Int) {
        guard linkedSources.remove(sources.hash(of: source), UInt32(truncatingIfNeeded: place)) else { return }
        if let id = sources.find(source) { sources[id].isLinked = false }
    }

    /// A link takes the place of another one.
    func moveLinkedSource(of link: Link, to place: Int) {
        guard let before = link.place, let source = link.peerSource?.bytes else { return }
        let hash = sources.hash(of: source)
        guard linkedSources.remove(hash, UInt32(truncatingIfNeeded: before)) else { return }
        linkedSources.insert(hash, UInt32(truncatingIfNeeded: place))
    }
}
