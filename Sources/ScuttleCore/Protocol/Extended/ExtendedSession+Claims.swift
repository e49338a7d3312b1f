/// What peers claim of a source whose writer is linked here itself: the writer knows better.
///
/// A cover or a commit that claims more of a source than was ever issued would have this replica take the writer's next updates for
/// old news, and the writer would find that somebody has another vector of its source. So a claim counts up to what the writer
/// itself has said on its link, and the writer is asked for the rest. A claim of a source whose writer is not linked here cannot be
/// checked.
extension ExtendedSession {
    /// How much of a peer's claim of a source counts. O(length of the source's id), if its writer is linked here; O(1) otherwise.
    func checked(_ version: Version, of id: SourceID) -> Version {
        let source = replica.sources[id]
        guard source.isLinked, version > source.covered else { return version }
        return checkedWithWriter(version, of: id)
    }

    @inline(never)
    private func checkedWithWriter(_ version: Version, of id: SourceID) -> Version {
        let source = replica.sources[id]
        guard !isPeer(source.id), let writer = replica.writerLink(of: source.id), let stated = writer.stated(of: id),
            version > stated
        else { return version }
        writer.extended?.requestAgain()
        return max(stated, source.covered)
    }

    /// Whether the peer writes under a source.
    private func isPeer(_ source: Bytes) -> Bool { peerSource?.bytes.equals(source) ?? false }

    /// The peer has said under which source it writes. What it claims on a read-only link counts nowhere.
    func notePeer(_ source: Bytes) {
        guard !isPeer(source) else { return }
        if let index = context.index, let before = peerSource?.bytes { replica.unlink(before, at: index) }
        peerSource = OwnedBytes(copying: source)
        if let index = context.index, !isReadOnly { replica.link(source, at: index) }
    }
}
