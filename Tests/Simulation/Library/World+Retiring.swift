@testable import ScuttleCore

/// Replicas that are away and come back, end for good, and leave; and names that hosts or replicas retire.
extension World {
    func retireNames() throws {
        guard plan.faults.retiresNames || plan.faults.retireAfter > 0 else { return }
        for number in present where random.oneIn(4) { try tick(number) }
        while let index = away.firstIndex(where: { $0.until <= now }) { try comeBack(away.remove(at: index).number) }
        if random.oneIn(plan.awayOneIn) { try goAway(random.pick(present)) }
        guard plan.faults.retiresNames else { return }
        if random.oneIn(plan.endOneIn) { try end(random.pick(present)) }
        if random.oneIn(plan.retireOneIn) { try retireName(at: random.pick(present)) }
    }

    func isAsleep(_ number: Int) -> Bool {
        away.contains { $0.number == number && $0.isAsleep }
    }

    /// Ticks the clock of a replica's host.
    func tick(_ number: Int) throws {
        guard plan.faults.retireAfter > 0, !isAsleep(number) else { return }
        let replica = replicas[number]
        let before = retiredNames(at: replica)
        try replica.tick(UInt64(now))
        let silenced = retiredNames(at: replica).subtracting(before)
        guard !silenced.isEmpty else { return }
        counts.silenced += silenced.count
        say("\(number) retires by itself \(silenced.map(\.text).sorted())")
        for name in silenced { noteRetired(name) }
    }

    private func retiredNames(at replica: Replica) -> Set<[UInt8]> {
        Set(
            replica.sources.names.ids.filter { replica.sources.names.isName($0) && replica.isRetired($0) }
                .map { [UInt8](replica.sources.name(of: $0)) })
    }

    // MARK: Away, and ended

    /// Disconnects a replica for some time; its host goes on with it, or sleeps.
    private func goAway(_ number: Int) throws {
        guard !away.contains(where: { $0.number == number }) else { return }
        say("\(number) goes away")
        for wire in wires where wire.edge.sides.contains(number) {
            try wire.cut(self)
            wire.isBlocked = true
        }
        away.append((number, now + random.within(20...200), random.oneIn(2)))
    }

    private func comeBack(_ number: Int) throws {
        say("\(number) comes back")
        for wire in wires where wire.edge.sides.contains(number) {
            wire.isBlocked = false
            try wire.connect(replicas)
        }
    }

    /// Ends a replica for good. Its neighbours are linked to each other, so that the network stays connected.
    private func end(_ number: Int) throws {
        guard plan.middle == nil, present.count > 2, othersWrite(beside: number) else { return }
        say("\(number) ends")
        counts.ended += 1
        let cut = wires.filter { $0.edge.sides.contains(number) }
        for wire in cut {
            try wire.cut(self, stopped: number)
            wire.clear()
        }
        wires.removeAll { $0.edge.sides.contains(number) }
        present.removeAll { $0 == number }
        away.removeAll { $0.number == number }
        let neighbours = cut.map { $0.edge.sides[0] == number ? $0.edge.sides[1] : $0.edge.sides[0] }
        for other in neighbours.dropFirst() where !areNeighbours(other, neighbours[0]) {
            try connect(other, neighbours[0])
        }
    }

    private func areNeighbours(_ a: Int, _ b: Int) -> Bool {
        a == b || wires.contains { $0.edge.sides.contains(a) && $0.edge.sides.contains(b) }
    }

    private func othersWrite(beside number: Int) -> Bool {
        present.contains { $0 != number && !left.contains($0) }
    }

    // MARK: Retiring

    /// Retires a name on a host: most often of a replica that has ended, but also of one that is away or present, and its own.
    private func retireName(at number: Int) throws {
        guard !isAsleep(number), !left.contains(number) else { return }
        // A replica that has left has no low-water mark any more, so it cannot refute forged claims about its own source.
        if random.oneIn(8), plan.middle == nil { return leave(number) }
        let ended = replicas.indices.filter { !present.contains($0) }
        let away = away.map(\.number)
        let choices = [ended, ended, away, present].filter { !$0.isEmpty }
        let name = names[random.pick(random.pick(choices))]
        guard name != names[number], name.lend({ replicas[number].retireName($0) }) else { return }
        say("\(number) forgets \(name.text)")
        counts.retired += 1
        noteRetired(name)
    }

    private func leave(_ number: Int) {
        guard othersWrite(beside: number), names[number].lend({ replicas[number].retireName($0) }) else { return }
        say("\(number) leaves")
        counts.retired += 1
        left.insert(number)
        if !isKnownToAll(number) { hasRetiredPresent = true }
    }

    /// Notes a retired name. One that has really ended may be retired at any time; another one may bring back keys whose
    /// tombstones were purged.
    private func noteRetired(_ name: [UInt8]) {
        if present.contains(where: { names[$0] == name && !left.contains($0) }) { hasRetiredPresent = true }
    }

    /// Returns whether all replicas have covered the updates of a replica.
    private func isKnownToAll(_ number: Int) -> Bool {
        let replica = replicas[number]
        var isKnown = true
        replica.keys.forEach { _, record in
            let source = replica.sources[record.source].id
            isKnown = presentReplicas.allSatisfy { other in
                let id = other.sources.find(source)
                return record.version <= (id.map { other.sources[$0].covered } ?? other.retiredVersion(of: source))
            }
            return isKnown
        }
        return isKnown
    }
}
