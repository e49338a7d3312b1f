/// The effect of a peer's exceptions on this replica's.
extension Store {
    /// Adds the exceptions of a peer that claims a source up to a version: those whose updates this replica lacks.
    /// - Returns: the version up to which the table had capacity for them.
    @inline(never)
    func adopt(
        _ excepted: ExceptionList, of id: SourceID, upTo version: Version, evictingBefore sequence: UInt64
    ) -> Version {
        let covered = sources[id].covered
        for dot in excepted.dots(of: id, above: covered) where dot.version <= version {
            if let refused, let position = refused.find(dot) {
                refused.noteNamed(at: position)
                continue
            }
            guard entry(of: dot) == nil else { continue }
            guard noteException(dot, reason: 0, evictingBefore: sequence) else { return max(covered, dot.version - 1) }
        }
        return version
    }

    /// Drops exceptions after a complete reset. An update that the sender has covered and does not except was in the
    /// reset or is beaten.
    @inline(never)
    func settleExceptions(byResetOf peer: PeerState, bringing isBrought: (Dot) -> Bool, but excepted: ExceptionList) {
        let keys = keysOfUncoveredRefusals { isBrought($0) }
        var position = 0
        while let refused, position < refused.count {
            let entry = refused[position]
            if entry.dot.version <= peer.covered(entry.dot.source, in: self), !isBrought(entry.dot),
                !excepted.contains(entry.dot),
                dropAccounted(at: position, unlessOf: keys)
            {
                continue
            }
            position += 1
        }
    }
}
