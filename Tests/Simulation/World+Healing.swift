@testable import Scuttle

extension World {
    /// All links are new and good; everybody asks until nothing moves.
    func heal() throws {
        for wire in wires {
            wire.isBlocked = false
            wire.noise = .none
            try wire.cut(self)
            wire.clear()
            try wire.connect(replicas)
        }
        events.twins = []
        var rounds = 0
        // A log delta goes one edge further in each round, at least; and a lagging replica may publish again.
        while rounds < 3 * replicas.count + 12 {
            rounds += 1
            let before = fingerprintOfAll
            for replica in replicas { replica.gossip() }
            try runUntilQuiet()
            if rounds > replicas.count + 2, fingerprintOfAll == before, areInStep { return }
        }
    }

    var fingerprintOfAll: [UInt64] { replicas.map(\.fingerprint) }
    var areInStep: Bool { Set(replicas.map(\.vectorHash)).count == 1 }

    /// Carries bytes until both sides of all links are silent.
    /// - Parameter limit: so many bytes are no end of talking.
    func runUntilQuiet(within limit: Int = 20_000_000) throws {
        let before = counts.bytes
        for round in 0... {
            now += plan.delay + 1
            var moved = 0
            for wire in wires {
                for side in [0, 1] {
                    moved += try wire.send(from: side, self, isCalm: true)
                    moved += try wire.deliver(from: side, 1 + random.below(2000), self)
                }
            }
            if moved == 0 { return }
            guard round < 20_000, counts.bytes - before <= limit else {
                throw SimulationFailure(
                    description: "there is no end of talking: \(counts.bytes - before) bytes in \(round) rounds")
            }
        }
    }
}
