/// Updates that fit no datagram of the host's: they are left out, and the host is told of each, once.
extension ExtendedSession {
    /// Leaves an update out, of which the delta vouches for nothing. Whether it has not been left out of this one before.
    @discardableResult
    func withhold(_ line: UpdateLine, _ capacity: Int) -> Bool {
        let record = line.record
        if replica.isToTell(peerName, record.dot) {
            let key = record.key.prefixOfCharacters(within: 80)
            context.failures.append(
                Failure(
                    .datagram, "an update of \(line.count) bytes fits no datagram with \(capacity) to spare; key \(key)"
                ))
            reportRefused(record, reason: -Failure.Code.datagram.rawValue)
        }
        return note(withheld: record.dot)
    }

    /// Of each source some are named in the commit, and the lowest one behind them bounds what it vouches for.
    private static var maxWithheld: Int { 24 }

    /// Up to where this delta vouches for a source.
    func vouchedFor(_ source: SourceID) -> Version {
        let covered = replica.sources[source].covered
        guard withheld != nil else { return covered }
        let (count, highest) = countWithheld(of: source)
        return count > Self.maxWithheld ? min(covered, highest - 1) : covered
    }

    private func note(withheld dot: Dot) -> Bool {
        let order = withheld ?? DotOrder()
        withheld = order
        guard order.find(dot) == nil else { return false }
        let (count, highest) = countWithheld(of: dot.source)
        if count > Self.maxWithheld {
            guard dot.version < highest else { return false }
            order.remove(Dot(source: dot.source, version: highest))
        }
        order.insert(dot, 0)
        return true
    }

    /// How many updates of a source were left out, and the highest version of them.
    private func countWithheld(of source: SourceID) -> (Int, Version) {
        var (count, highest) = (0, Version(0))
        withheld?.forEach(of: source, above: 0, upTo: .highest) { (count, highest) = (count + 1, $0.dot.version) }
        return (count, highest)
    }
}
