/// Updates that fit no datagram of the host's: they are left out, and the host is told of each, once.
extension Link {
    /// Leaves an update out, of which the delta vouches for nothing. Whether it has not been left out of this one before.
    @discardableResult
    func withhold(_ line: UpdateLine, _ room: Int) -> Bool {
        let record = line.record
        if replica.isToTell(peerName, record.dot) {
            let key = record.key.prefixOfCharacters(within: 80)
            failures.insert(
                Failure(
                    .datagram, "an update of \(line.count) bytes fits no datagram with \(room) to spare; key \(key)"),
                at: 0)
            tellRefused(record, reason: -Failure.Code.datagram.rawValue)
        }
        return note(withheld: record.dot)
    }

    /// Of each source some are named in the commit, and the lowest one behind them bounds what it vouches for.
    private static var mostWithheld: Int { 24 }

    /// Up to where this delta vouches for a source.
    func vouchedFor(_ source: SourceID) -> Version {
        let covered = replica.sources[source].covered
        guard !withheld.isEmpty else { return covered }
        var (count, highest) = (0, Version(0))
        for dot in withheld where dot.source == source { (count, highest) = (count + 1, max(highest, dot.version)) }
        return count > Self.mostWithheld ? min(covered, highest - 1) : covered
    }

    private func note(withheld dot: Dot) -> Bool {
        var (count, highest) = (0, 0)
        for place in withheld.indices where withheld[place].source == dot.source {
            if withheld[place] == dot { return false }
            if count == 0 || withheld[place].version > withheld[highest].version { highest = place }
            count += 1
        }
        guard count > Self.mostWithheld else {
            withheld.append(dot)
            return true
        }
        guard dot.version < withheld[highest].version else { return false }
        withheld[highest] = dot
        return true
    }
}
