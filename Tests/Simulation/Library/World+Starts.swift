import ScuttleJansson

@testable import ScuttleCore

/// Replicas that begin, stop, and start again from a save.
extension World {
    static let names = ["A", "B", "C\"", "\u{e9}", "AA", "F", "G", "H"].map { [UInt8]($0.utf8) }

    func addReplica(named name: [UInt8]) throws {
        var configuration = plan.configuration(&random)
        #if DEBUG
            configuration.disabledRules = disabledRules
        #endif
        let number = replicas.count
        configuration.onEvent = { [weak self] link, event, code in self?.note(event, code, on: link, of: number) }
        configuration.onUpdate = { [weak self] update in self?.see(update, at: number) }
        judge(&configuration, of: number)
        configurations.append(configuration)
        names.append(name)
        saves.append([])
        stores.append(nil)
        pieces.append(havePieces ? PieceStore() : nil)
        watchers.append([Watcher(prefix: ""), Watcher(prefix: "k1")])
        starts.append(nil)
        replicas.append(try makeReplica(number))
        present.append(number)
    }

    func makeReplica(_ number: Int, from state: [UInt8]? = nil) throws -> Replica {
        // A rule may be disabled, so that each start of a name has the same source.
        stores[number] = haveStores ? RowStore() : nil
        configurations[number].store = stores[number]?.store
        let seed = disabledRules.contains(.incarnation) ? 1 : random.next()
        configurations[number].seed = random.next()
        let name = plan.classic == nil ? names[number] : names[number] + classic.suffix(of: number)
        let replica = try name.lend { (name) throws(Failure) in
            let id = plan.classic == nil ? try ReplicaID(name, incarnation: seed) : try ReplicaID(name)
            return Replica(id: id, configuration: configurations[number])
        }
        starts[number] = state
        if let state {
            var input = LinkInput()
            _ = try state.lend { (bytes) throws(Failure) in try input.load(bytes, into: replica) }
        }
        return replica
    }

    func save(_ number: Int) {
        if saves[number].count == 6 { saves[number].remove(at: random.below(6)) }
        saves[number].append(exported(replicas[number]))
    }

    func exported(_ replica: Replica) -> [UInt8] {
        var text: [UInt8] = []
        replica.export {
            text += $0
            return true
        }
        return text
    }

    /// Stops a host and starts it again: from its present state, or, if state may be lost, from any save, from a part of one,
    /// from the one that it last started from, or empty.
    func restart(_ number: Int) throws {
        try stop(number)
        if plan.classic != nil, random.oneIn(2) { classic.rename(number) }
        var state = try killed(number)
        if plan.faults.losesState, random.oneIn(2) {
            hasLostState = true
            state = lostState(of: number)
        }
        try startAgain(number, from: state)
    }

    private func startAgain(_ number: Int, from state: [UInt8]?) throws {
        say("\(number) starts again, from \(state.map { "\($0.count) bytes" } ?? "nothing")")
        replicas[number] = try makeReplica(number, from: state)
        if let file = pieces[number]?.text {
            // Some hosts go on with their file, others begin another one.
            let goesOn = now % 4 < 2 && state?.starts(with: file) == true
            pieces[number] = goesOn ? PieceStore(file, of: replicas[number]) : PieceStore()
        }
        startClock(of: number)
        for wire in wires { try wire.connect(replicas) }
    }

    /// Stops a host and starts it again with other limits.
    func restart(_ number: Int, with limits: Limits) throws {
        try stop(number)
        configurations[number].limits = limits
        configurations[number].maxKeys = .max
        try startAgain(number, from: exported(replicas[number]))
    }

    private func stop(_ number: Int) throws {
        for wire in wires where wire.edge.sides.contains(number) { try wire.cut(self, stopped: number) }
        for wire in wires { wire.clear(of: replicas[number]) }
        counts.starts += 1
        // It writes again, and may have missed purges of the others.
        if left.remove(number) != nil { hasRetiredPresent = true }
    }

    private func lostState(of number: Int) -> [UInt8]? {
        if let file = pieces[number], random.oneIn(2) { return Array(file.text[..<random.below(file.text.count + 1)]) }
        if random.oneIn(3) { return nil }
        if random.oneIn(3), let before = starts[number] { return before }
        let whole = saves[number].isEmpty ? exported(replicas[number]) : random.pick(saves[number])
        return random.oneIn(3) ? Array(whole[..<random.below(whole.count + 1)]) : whole
    }

    /// Adds a stranger, empty or from an old save of any replica, which may write before it meets another replica.
    func join() throws {
        guard let name = Self.names.first(where: { !names.contains($0) }) else { return }
        plan.faults.joins -= 1
        let number = replicas.count
        try addReplica(named: name)
        let other = random.pick(present.filter { $0 != number })
        if random.oneIn(3), let old = random.pick(saves).first { replicas[number] = try makeReplica(number, from: old) }
        say("\(number) joins, at \(other), from \(starts[number]?.count ?? 0) bytes")
        for _ in 0..<random.below(4) { try write(number, keyThatIsGone(), isDelete: random.oneIn(4)) }
        try connect(number, other)
    }

    /// Starts a second replica under the name of a live one, empty or from a save of it.
    func addTwin() throws {
        plan.faults.twins -= 1
        let (original, number) = (random.pick(present), replicas.count)
        hasTwins = true
        counts.twins += 1
        try addReplica(named: names[original])
        switch random.below(3) {
        case 0: break
        case 1: replicas[number] = try makeReplica(number, from: exported(replicas[original]))
        default: replicas[number] = try makeReplica(number, from: saves[original].first)
        }
        say("\(number) is a twin of \(original), from \(starts[number]?.count ?? 0) bytes")
        let others = present.filter { $0 != number }
        try connect(number, random.pick(others))
        let hub = random.pick(others)
        if !plan.hasEdge(number, hub), random.oneIn(2) { try connect(number, hub) }
    }

    func connect(_ number: Int, _ other: Int) throws {
        plan.addEdge(number, other, false, &random)
        let wire = Wire(plan.edges[plan.edges.count - 1])
        wires.append(wire)
        try wire.connect(replicas)
    }

    /// Returns a key that all replicas have deleted, if there is one; otherwise any key.
    private func keyThatIsGone() -> String {
        let keys = (0..<plan.keys).map { "k\($0)" }
        let gone = keys.filter { key in
            writes.contains { $0.key == key }
                && presentReplicas.allSatisfy { replica in
                    [UInt8](key.utf8).lend { replica.keys.find($0).flatMap { replica.keys[$0] }?.isDelete ?? true }
                }
        }
        return random.pick(gone.isEmpty ? keys : gone)
    }
}
