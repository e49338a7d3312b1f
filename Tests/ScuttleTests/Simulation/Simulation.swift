@testable import ScuttleCore

/// Replicas that write, gossip, and lose their links, in an order that follows from one seed; then all links are mended,
/// and they must agree, on what an oracle says.
final class Simulation {
    private var random: TestRandom
    private let plan: Plan
    private var replicas: [Replica] = []
    private let connections: [Connection]
    /// Of all writes of a key, the one that must stand.
    private var oracle: [[UInt8]: PlainUpdate] = [:]
    /// The clocks as they were last seen: they never fall.
    private var clocks: [[String: Version]] = []
    /// How often each has started again under a new id.
    private var lives: [Int] = []
    private let trace: (String) -> Void

    /// - Parameter trace: hears of each step.
    init(seed: Int, trace: @escaping (String) -> Void) throws {
        random = TestRandom(seed: UInt64(seed))
        plan = Plan(&random)
        connections = plan.edges.map { Connection($0.sides, isSlow: $0.isSlow) }
        self.trace = trace
        lives = plan.configurations.map { _ in 0 }
        clocks = plan.configurations.map { _ in [:] }
        for number in plan.configurations.indices { replicas.append(try replica(number)) }
    }

    private func replica(_ number: Int) throws -> Replica {
        let id = ["A", "B", "C\"", "\u{e9}", "AA"][number] + (lives[number] > 0 ? "'\(lives[number])" : "")
        return try id.lend { (id) throws(Failure) in
            Replica(id: try ReplicaID(id), configuration: plan.configurations[number])
        }
    }

    func run() throws {
        trace("\(plan.rule), \(replicas.count) replicas, edges \(plan.edges), keys \(plan.keys)")
        for connection in connections { try connection.connect(replicas) }
        for step in 0..<plan.steps {
            try takeStep()
            if step % 4 == 0 { try examine() }
        }
        try heal()
        try agree()
    }

    // MARK: Steps

    private func takeStep() throws {
        if random.oneIn(plan.cutOneIn) { return try cutOrMend() }
        if random.oneIn(150) { return try restart(random.below(replicas.count)) }
        switch random.below(16) {
        case 0...2:
            let number = random.below(replicas.count)
            // Now and then so many that indices are swept and histories run over.
            for _ in 0..<(random.oneIn(20) ? random.within(10...80) : 1) { try write(number) }
        case 3: replicas[random.below(replicas.count)].gossip()
        case 4: random.pick(connections).gossip(random.below(2))
        default: try carry()
        }
    }

    private func write(_ number: Int) throws {
        let replica = replicas[number]
        let key = random.pick(plan.keys)
        var update = PlainUpdate(
            key: [UInt8](key), value: random.pick(Rule.texts), source: [UInt8](replica.id), version: replica.version + 1
        )
        if random.oneIn(5) {
            update.value = [UInt8]("null")
            update.kind = .delete
            try replica.delete(key)
        } else {
            try replica.set(key, update.value.text)
        }
        trace("replica \(number) writes \(update)")
        if let standing = oracle[update.key], !plan.rule.loses(standing, to: update) { return }
        oracle[update.key] = update
    }

    private func carry() throws {
        let connection = random.pick(connections)
        let side = random.below(2)
        if random.below(plan.deliverOneIn + 1) > 0 {
            let sent = try connection.send(from: side, upTo: random.within(1...300), peeking: random.oneIn(3))
            if sent > 0 { trace("\(connection.sides[side]) sends \(sent) bytes to \(connection.sides[1 - side])") }
        }
        guard !connection.isSlow || random.oneIn(5) else { return }
        let arrived = try connection.deliver(from: side, random.within(1...500))
        if arrived > 0 { trace("\(arrived) bytes arrive at \(connection.sides[1 - side])") }
    }

    private func cutOrMend() throws {
        let connection = random.pick(connections)
        trace("\(connection.isUp ? "cut" : "mend") \(connection.sides)")
        if connection.isUp { try connection.cut(&random) }
        if random.oneIn(2) { try connection.connect(replicas) }
    }

    /// A host stops, and starts again from what it had exported: as itself, or under a new id.
    private func restart(_ number: Int) throws {
        let isItself = random.oneIn(2)
        trace("replica \(number) starts again\(isItself ? "" : " under a new id")")
        for connection in connections where connection.sides.contains(number) { try connection.cut(&random) }
        let state = replicas[number].exported()
        if !isItself {
            lives[number] += 1
            clocks[number] = [:]
        }
        replicas[number] = try replica(number)
        try replicas[number].load(state)
        for connection in connections { try connection.connect(replicas) }
    }

    // MARK: What must hold

    /// At any time: no broken invariant, and clocks that never fall.
    private func examine() throws {
        for (number, replica) in replicas.enumerated() {
            if let broken = replica.broken { throw SimulationFailure("replica \(number): \(broken)") }
            let clock = replica.clock
            for (source, version) in clocks[number] where version > clock[source] ?? 0 {
                throw SimulationFailure("replica \(number): the clock of \(source) has fallen from \(version)")
            }
            clocks[number] = clock
        }
    }

    /// All links are new; everybody asks and answers until nothing moves.
    private func heal() throws {
        for connection in connections {
            try connection.cut(&random)
            try connection.connect(replicas)
        }
        // Each round brings what is new one edge further, at least.
        for _ in replicas { _ = try gossipUntilQuiet() }
        try examine()
    }

    /// Returns how many bytes moved.
    private func gossipUntilQuiet() throws -> Int {
        for replica in replicas { replica.gossip() }
        var total = 0
        while true {
            var moved = 0
            for connection in connections {
                for side in [0, 1] {
                    moved += try connection.send(from: side, upTo: random.within(1...2000), peeking: random.oneIn(2))
                    moved += try connection.deliver(from: side, random.within(1...2000))
                }
            }
            guard moved > 0 else { return total }
            total += moved
        }
    }

    /// After healing: the same everywhere, as the oracle says; nobody owes anybody anything.
    private func agree() throws {
        let expected = oracle.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (number, replica) in replicas.enumerated() {
            // What came late has another dot.
            let entries = replica.allEntries.map(\.write)
            guard entries == expected else {
                throw SimulationFailure("replica \(number) has \(entries), not \(expected)")
            }
            guard replica.walk().map(\.write) == expected.filter({ !$0.isDelete }) else {
                throw SimulationFailure("replica \(number) walks over \(replica.walk())")
            }
            guard replica.fingerprint == replicas[0].fingerprint else {
                throw SimulationFailure("replica \(number) has another fingerprint")
            }
            guard !replica.isOverHighWaterMark else { throw SimulationFailure("replica \(number) is over its mark") }
        }
        // One round more is digests and done, and nothing else.
        let updates = Snapshot(replicas[0])
        let moved = try gossipUntilQuiet()
        let digests = replicas.enumerated().reduce(0) { sum, replica in
            sum + digestBytes(replica.element) * connections.count { $0.sides.contains(replica.offset) }
        }
        guard moved == 2 * digests else {
            throw SimulationFailure("\(moved / 2) bytes go out when all agree; digests are \(digests)")
        }
        guard Snapshot(replicas[0]).entries == updates.entries else { throw SimulationFailure("not quiet") }
        try examine()
    }

    /// The bytes of a replica's gossip.
    private func digestBytes(_ replica: Replica) -> Int {
        var count = #"{"digest":true,"done":true}"#.utf8.count + 1
        for (source, version) in replica.clock {
            let id = quote([UInt8](source))
            count += #"{"digest":true,"source_id":\#(id),"id":\#(id),"version":\#(version)}"#.utf8.count + 1
        }
        return count
    }
}
