/// Claims of a source whose writer is linked here itself.
///
/// A cover or a commit may claim more of a source than was ever issued. This replica would then treat the writer's next
/// updates as old, and the writer would find another vector of its source here. So a claim counts up to the version
/// that the writer has claimed on its own link, and the rest is requested of the writer. A claim of a source whose
/// writer is not linked here cannot be checked.
extension ExtendedSession {
    /// Returns the part of a peer's claim of a source that counts. O(length of the source's id) if its writer is linked
    /// here; O(1) otherwise.
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

    /// Whether a source is the peer's own.
    private func isPeer(_ source: Bytes) -> Bool { peerSource?.bytes.equals(source) ?? false }

    /// Notes the peer's source, as its hello names it. On a read-only link the peer's claims count nowhere.
    func notePeer(_ source: Bytes) {
        guard !isPeer(source) else { return }
        if let index = context.index, let before = peerSource?.bytes { replica.unlink(before, at: index) }
        peerSource = OwnedBytes(copying: source)
        if let index = context.index, !isReadOnly { replica.link(source, at: index) }
    }
}
