@testable import ScuttleCore
import ScuttleJansson

/// Links that break soon, one after the other, between a replica with many entries and an empty one.
public enum BreakingLinks {
    /// Returns how many links the replicas need until they are equal, if each link breaks after some bytes in either direction;
    /// nil: more than 200.
    public static func links(breakingAfter limit: Int = 2000, without rules: DisabledRules = []) -> Int? {
        guard let (full, empty) = replicas(rules) else { return nil }
        for count in 1...200 {
            guard let (a, b) = try? (End(full, []), End(empty, [])) else { return nil }
            b.link.gossip()
            var left = limit
            while left > 0 {
                guard let toA = try? b.read(upTo: left / 2 + 1), let toB = try? a.read(upTo: left),
                    !toA.isEmpty || !toB.isEmpty
                else { break }
                _ = try? a.write(toA)
                _ = try? b.write(toB)
                left -= toA.count + toB.count
            }
            full.close(a.link)
            empty.close(b.link)
            if full.fingerprint == empty.fingerprint, full.vectorHash == empty.vectorHash { return count }
        }
        return nil
    }

    private static func replicas(_ rules: DisabledRules) -> (Replica, Replica)? {
        func make(_ name: String, _ seed: UInt64) -> Replica? {
            var configuration = Configuration()
            (configuration.seed, configuration.maxHistory) = (seed, 10)
            configuration.disabledRules = rules
            return try? Array(name.utf8).lend { (name) throws(Failure) in
                Replica(id: try ReplicaID(name, incarnation: seed), configuration: configuration)
            }
        }
        guard let full = make("full", 1), let empty = make("empty", 2) else { return nil }
        for number in 0..<400 {
            try? Array("key \(number)".utf8).lend { (key) throws(Failure) in
                try [UInt8]("1".utf8).lend { (value) throws(Failure) in try full.set(key, to: value) }
            }
        }
        return (full, empty)
    }
}
