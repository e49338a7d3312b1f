/// Which link leads to the writer of a source.
extension Replica {
    /// The link to the writer of a source. O(length of its id) expected.
    func writerLink(of source: Bytes) -> Link? {
        linkTable.linkedSources.find(sources.hash(of: source)) { linkTable.links[Int($0)].isPeer(source) }.map {
            linkTable.links[Int($0)]
        }
    }

    /// A link leads to the writer of its peer's source, from now on and in place of an earlier one.
    func linkSource(of link: Link) {
        guard let place = link.place, let source = link.peerSource?.bytes else { return }
        if let earlier = writerLink(of: source)?.place { unlink(source, at: earlier) }
        linkTable.linkedSources.insert(sources.hash(of: source), UInt32(truncatingIfNeeded: place))
        if let id = sources.find(source) { sources[id].isLinked = true }
    }

    func unlinkSource(of link: Link) {
        if let place = link.place, let source = link.peerSource?.bytes { unlink(source, at: place) }
    }

    /// The link at a place leads there no more, if it did.
    func unlink(_ source: Bytes, at place: Int) {
        guard linkTable.linkedSources.remove(sources.hash(of: source), UInt32(truncatingIfNeeded: place)) else {
            return
        }
        if let id = sources.find(source) { sources[id].isLinked = false }
    }

    /// A link takes the place of another one.
    func moveLinkedSource(of link: Link, to place: Int) {
        guard let before = link.place, let source = link.peerSource?.bytes else { return }
        let hash = sources.hash(of: source)
        guard linkTable.linkedSources.remove(hash, UInt32(truncatingIfNeeded: before)) else { return }
        linkTable.linkedSources.insert(hash, UInt32(truncatingIfNeeded: place))
    }
}
