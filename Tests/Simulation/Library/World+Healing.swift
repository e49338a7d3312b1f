@testable import ScuttleCore

extension World {
    /// Replaces all links by good ones; all replicas gossip until no update moves.
    func heal() throws {
        away = []
        for wire in wires {
            wire.isBlocked = false
            wire.noise = .none
            try wire.cut(self)
            wire.clear()
            try wire.connect(replicas)
        }
        events.twins = []
        var rounds = 0
        // A log delta goes at least one edge further in each round, and a lagging replica may republish. With each 64th gossip
        // links drop their peer state.
        while rounds < 3 * replicas.count + 12 || (rounds < 160 && mustBeInStep) {
            rounds += 1
            let before = fingerprintOfAll
            if rounds <= replicas.count { for number in present { try tick(number) } }
            for replica in presentReplicas { replica.gossip() }
            try runUntilQuiet()
            if rounds > replicas.count + 2, fingerprintOfAll == before, areInStep { return }
        }
    }

    var presentReplicas: [Replica] { present.map { replicas[$0] } }
    var fingerprintOfAll: [UInt64] { presentReplicas.map(\.fingerprint) }
    /// Whether vectors must become equal. Of a source at or below the floor some replicas keep all and others nothing, so their
    /// vectors may differ for ever.
    var mustBeInStep: Bool {
        refusals?.isActive != true && presentReplicas.allSatisfy { !$0.hasMetClassic && $0.retired.floor == 0 }
    }
    var areInStep: Bool { Set(presentReplicas.map(\.vectorHash)).count == 1 }

    /// Carries bytes until all links have nothing to send.
    /// - Parameter limit: the bytes after which the run counts as endless.
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
