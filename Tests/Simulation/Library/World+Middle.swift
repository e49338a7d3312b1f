@testable import ScuttleCore

/// Three replicas with somebody between them who loses, repeats, swaps and alters lines; then he is gone. What he has done is
/// healed, or both hosts know.
extension World {
    func run(_ middle: Middle) throws {
        for step in 0..<plan.steps {
            now += 1
            if step == middle.after {
                for wire in wires { wire.noise = .altered(oneIn: middle.oneIn) }
            }
            try takeStepThatMayFail()
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

    /// A lie may have exhausted the versions of a replica, or made its own save useless.
    private func takeStepThatMayFail() throws {
        do { try takeStep() } catch let error as Failure { say("\(error.code), \(error.detail)") }
    }

    /// Replicas agree; and on what they write from now on.
    private func agreeAgain() throws {
        try gossipUntilEqual()
        for number in present { try? write(number, "k\(random.below(plan.keys))", isDelete: random.oneIn(3)) }
        try gossipUntilEqual()
    }

    /// Gossips on good links as often as it takes, within reason: the whole vector is asked for with every 64th gossip.
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
        counts.mostTalk = max(counts.mostTalk, (counts.bytes - before) / held)
    }

    private var areEqual: Bool {
        let first = live(replicas[0])
        return areInStep && replicas.allSatisfy { live($0) == first }
    }

    private func differencesAreTold() throws {
        for wire in wires {
            let states = wire.edge.sides.map { live(replicas[$0]) }
            let hashes = wire.edge.sides.map { replicas[$0].clockHash }
            guard states[0] != states[1] || hashes[0] != hashes[1] else { continue }
            let isTold = wire.ends.allSatisfy { events.diverged[$0.link.host, default: 0] > 0 }
            guard isTold else {
                throw SimulationFailure(
                    description: "\(wire.edge.sides) differ, and nobody is told: \(states[0]), \(states[1])"
                        + (hashes[0] == hashes[1] ? "" : "; vectors differ"))
            }
            counts.told += 1
        }
    }
}
