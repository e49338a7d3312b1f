@testable import ScuttleCore

/// Three replicas with a man in the middle who loses, repeats, swaps and alters lines, and then leaves. The damage is repaired,
/// or both hosts know of it.
extension World {
    func run(_ middle: Middle) throws {
        for step in 0..<plan.steps {
            now += 1
            if step == middle.after {
                for wire in wires { wire.noise = .altered(oneIn: middle.oneIn) }
            }
            try makeStepThatMayFail()
            if step % 16 == 0 { try examine() }
        }
        away = []
        for wire in wires {
            wire.isBlocked = false
            wire.noise = .none
            wire.dropDatagrams()
            if !middle.leavesLinks { try wire.cut(self) }
            try wire.connect(replicas)
        }
        events.diverged = [:]
        try agreeAgain()
        guard middle.joinsLate else { return }
        try addReplica(named: Self.names[2])
        for edge in plan.edges where edge.sides.contains(2) {
            wires.append(Wire(edge))
            try wires[wires.count - 1].connect(replicas)
        }
        try agreeAgain()
    }

    /// Makes a step that may fail: a forged version may have exhausted the versions of a replica, or made its own save invalid.
    private func makeStepThatMayFail() throws {
        do {
            try makeStep()
            try batchSometimes()
        } catch let error as Failure { say("\(error.code), \(error.detail)") }
    }

    /// Checks that the replicas are equal, and remain so after further writes.
    private func agreeAgain() throws {
        try gossipUntilEqual()
        for number in present { try? write(number, "k\(random.below(plan.keys))", isDelete: random.oneIn(3)) }
        try gossipUntilEqual()
    }

    /// Gossips on good links as often as needed, up to a limit: each 64th gossip requests the whole vector.
    private func gossipUntilEqual() throws {
        var equal = 0
        for round in 0..<80 {
            if round == 72 { for wire in wires { try wire.cut(self) } }
            for wire in wires {
                if wire.ends.contains(where: \.hasEnded) { try wire.cut(self) }
                try wire.connect(replicas)
            }
            try gossipOnce()
            try examine()
            equal = areEqual ? equal + 1 : 0
            if equal == 3 { return }
        }
        try differencesAreTold()
    }

    private func gossipOnce() throws {
        let held = replicas.reduce(1_000) { $0 + exported($1).count }
        let before = counts.bytes
        for replica in replicas { replica.gossip() }
        try runUntilQuiet(within: 300 * held)
        counts.maxGossip = max(counts.maxGossip, (counts.bytes - before) / held)
    }

    private var areEqual: Bool {
        let first = live(replicas[0])
        return areInStep && replicas.allSatisfy { live($0) == first }
    }

    private func differencesAreTold() throws {
        for wire in wires {
            let states = wire.edge.sides.map { live(replicas[$0]) }
            let hashes = wire.edge.sides.map { replicas[$0].dotHash }
            guard states[0] != states[1] || hashes[0] != hashes[1] else { continue }
            let isTold = wire.ends.allSatisfy { events.diverged[$0.link.host, default: 0] > 0 }
            guard isTold else {
                throw SimulationFailure(
                    description: "\(wire.edge.sides) differ, and no host was notified: \(states[0]), \(states[1])"
                        + (hashes[0] == hashes[1] ? "" : "; vectors differ"))
            }
            counts.reported += 1
        }
    }
}
