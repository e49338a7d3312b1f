/// Updates that fit no datagram of the host's: a delta withholds them, and the host gets one report for each.
extension ExtendedSession {
    /// Withholds an update, which the delta then does not cover. Returns whether it is new to the withheld ones of this
    /// delta.
    @discardableResult
    func withhold(_ line: UpdateLine, _ capacity: Int) -> Bool {
        let record = line.record
        if replica.isFirstReport(peerName, record.dot) {
            let key = record.key.prefixOfCharacters(within: 80)
            context.failures.append(
                Failure(
                    .datagram, "an update of \(line.count) bytes fits no datagram with \(capacity) to spare; key \(key)"
                ))
            reportRefused(record, reason: -Failure.Code.datagram.rawValue)
        }
        return note(withheld: record.dot)
    }

    /// The maximum number of withheld updates of a source in the commit. The lowest one above them limits the claim of
    /// the source.
    private static var maxWithheld: Int { 24 }

    /// Returns the version up to which this delta claims a source.
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

    /// Returns the number of withheld updates of a source, and their highest version.
    private func countWithheld(of source: SourceID) -> (Int, Version) {
        var (count, highest) = (0, Version(0))
        withheld?.forEach(of: source, above: 0, upTo: .highest) { (count, highest) = (count + 1, $0.dot.version) }
        return (count, highest)
    }
}
