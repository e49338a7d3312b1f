/// What becomes of exceptions by what a peer says of its own.
extension Store {
    /// A peer vouches for a source up to a version, but for some updates: those that are not here become exceptions.
    /// - Returns: the version up to which there was room for them.
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

    /// A reset is whole: what its sender has covered, and does not except, was in it or is beaten.
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
