@testable import ScuttleCore

/// Hosts that refuse some keys for a while, and hosts with limits on values or keys until they start again with other limits.
struct Refusals {
    /// A generator of its own, so that worlds without refusals keep their histories.
    var random: Random
    /// The keys that the host of a replica refuses, by its index.
    var refused: [Int: Set<String>] = [:]
    /// The keys that a host has ever refused. Their writes may be lost with their author, and so may the writes that those
    /// replaced; and a delete may come back.
    var tainted: Set<String> = []
    /// Whether hosts still refuse; false from the end of the history on.
    var isActive = true
    /// The replicas whose limit later values of other replicas exceed.
    var limited: Set<Int> = []
    /// The limit of keys of the replicas that hold few, by index.
    var small: [Int: Int] = [:]

    init(seed: UInt64) {
        random = Random(seed: seed ^ 0x7265_6675_7365)
    }
}

extension World {
    /// Chooses refusals for a tenth of the worlds. On classic links hosts are not called.
    func beginRefusals(seed: UInt64) {
        guard plan.middle == nil, plan.keys >= 3,
            !plan.edges.contains(where: { $0.options.contains { $0.contains(.classic) } })
        else { return }
        var refusals = Refusals(seed: seed)
        if refusals.random.oneIn(7) { self.refusals = refusals }
    }

    func judge(_ configuration: inout Configuration, of number: Int) {
        guard refusals != nil else { return }
        configuration.maxRefused = 100_000
        // Replicas that join later may start from the saves of others.
        if number < plan.replicas, refusals?.random.oneIn(5) ?? false {
            configuration.limits.valueBytes = Self.maxShort
            refusals?.limited.insert(number)
        }
        if number < plan.replicas, refusals?.random.oneIn(6) ?? false {
            configuration.maxKeys = max(1, plan.keys / 2)
            refusals?.small[number] = configuration.maxKeys
        }
        configuration.accept = { [weak self] _, update in
            let refuses = self?.refusals?.refused[number]?.contains([UInt8](update.key).text) ?? false
            if refuses { self?.counts.refused += 1 }
            return !refuses
        }
    }

    func changeMinds() {
        guard refusals?.random.oneIn(25) ?? false, var refusals else { return }
        let number = refusals.random.pick(present)
        if refusals.random.oneIn(3) {
            refusals.refused[number] = nil
            self.refusals = refusals
            say("\(number) accepts all")
            replicas[number].acceptAgain()
        } else {
            // No host refuses some of the keys.
            let key = "k\(refusals.random.below(plan.keys * 2 / 3))"
            refusals.refused[number, default: []].insert(key)
            refusals.tainted.insert(key)
            self.refusals = refusals
            say("\(number) refuses \(key)")
        }
    }

    /// Values contain their index, whose digits increase.
    private static var maxShort: Int { "[0,99]".utf8.count }

    private func isLong(_ write: Int) -> Bool { write > 99 }

    func isOverLimit(_ write: Int, of number: Int) -> Bool {
        isLong(write) && (refusals?.limited.contains(number) ?? false)
    }

    /// Returns whether a replica has no capacity for a key.
    func isFull(_ number: Int, for key: String) -> Bool {
        guard let limit = refusals?.small[number], replicas[number].count >= limit else { return false }
        return [UInt8](key.utf8).lend { (key) in
            replicas[number].keys.find(key).flatMap { replicas[number].keys[$0] }?.isDelete ?? true
        }
    }

    /// Checks that a replica with a limit of keys keeps it. Writes that it has refused may be lost with their author.
    func checkSmall(_ number: Int) throws {
        guard let limit = refusals?.small[number] else { return }
        let replica = replicas[number]
        guard replica.count <= limit else {
            throw SimulationFailure(description: "replica \(number) holds \(replica.count) keys; max_keys is \(limit)")
        }
        guard let table = replica.refused else { return }
        for position in 0..<table.count where table[position].reason != 0 {
            let timestamp = table[position].write.timestamp
            let source = [UInt8](replica.sources[timestamp.source].id)
            for isExpiry in [false, true] {
                let id = WriteID(source: source, version: timestamp.version, isExpiry: isExpiry)
                if let write = numbers[id] { refusals?.tainted.insert(writes[write].key) }
            }
        }
    }

    func noteLength(of write: Write) {
        guard refusals?.limited.isEmpty == false, isLong(write.number), !write.isDelete else { return }
        refusals?.tainted.insert(write.key)
    }

    /// Returns whether the outcome of a key is undefined.
    func isTainted(_ key: String) -> Bool {
        refusals?.tainted.contains(key) ?? false
    }

    /// Checks that all keys that no host refuses are equal, and that nothing is sent for ever. Then hosts refuse nothing any
    /// more.
    func endRefusals(_ held: [Int]) throws {
        guard refusals != nil else { return }
        for number in present { try checkSmall(number) }
        try agree(held)
        for _ in 0..<2 {
            for replica in presentReplicas { replica.gossip() }
            try runUntilQuiet()
        }
        // Of three gossips at least one is not among those that send all vectors again.
        var least = Int.max
        for _ in 0..<3 {
            let before = counts.bytes
            for replica in presentReplicas { replica.gossip() }
            try runUntilQuiet()
            least = min(least, counts.bytes - before)
        }
        guard least <= 2500 * wires.count || !mayBeQuiet else {
            throw SimulationFailure(description: "a quiet gossip takes \(least) bytes on \(wires.count) links")
        }
        for number in present where refusals?.limited.contains(number) ?? false || refusals?.small[number] != nil {
            try restart(number, with: Limits())
        }
        for number in present { replicas[number].acceptAgain() }
        refusals?.refused = [:]
        refusals?.limited = []
        refusals?.small = [:]
        refusals?.isActive = false
        say("all accept all")
        try heal()
        try examine()
    }

    /// Whether gossip may be quiet: vectors of replicas that keep different retired sources differ for ever.
    private var mayBeQuiet: Bool { presentReplicas.allSatisfy { $0.retired.floor == 0 } }
}
