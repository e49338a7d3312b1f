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
