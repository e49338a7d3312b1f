@testable import ScuttleCore

/// Hosts that do not accept some keys, for a while, and change their minds; and hosts that take no long values, or few keys, until they
/// start again with other limits.
struct Refusals {
    /// Apart from those of the world, so that worlds without refusals stay what they were.
    var random: Random
    /// The keys that the host of a replica refuses, by its index.
    var refused: [Int: Set<String>] = [:]
    /// The keys that any host has ever refused: a write of theirs may be lost with its author, and what it replaced, too; and a
    /// delete may come back.
    var tainted: Set<String> = []
    /// Until all refusals are lifted, at the end.
    var isActive = true
    /// The replicas whose limit the later values of others are over.
    var limited: Set<Int> = []
    /// The replicas that hold few keys, and how many at most.
    var small: [Int: Int] = [:]

    init(seed: UInt64) {
        random = Random(seed: seed ^ 0x7265_6675_7365)
    }
}

extension World {
    /// A tenth of the worlds have them. Classic links ask no host.
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
        // Those that come later may start from what others have saved.
        if number < plan.replicas, refusals?.random.oneIn(5) ?? false {
            configuration.limits.valueBytes = Self.longestShort
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
            // Some keys nobody refuses.
            let key = "k\(refusals.random.below(plan.keys * 2 / 3))"
            refusals.refused[number, default: []].insert(key)
            refusals.tainted.insert(key)
            self.refusals = refusals
            say("\(number) refuses \(key)")
        }
    }

    /// Values have their number in them, which has more and more digits.
    private static var longestShort: Int { "[0,99]".utf8.count }

    private func isLong(_ write: Int) -> Bool { write > 99 }

    func isOverLimit(_ write: Int, of number: Int) -> Bool {
        isLong(write) && (refusals?.limited.contains(number) ?? false)
    }

    /// Whether a replica has no room for a key.
    func isFull(_ number: Int, for key: String) -> Bool {
        guard let most = refusals?.small[number], replicas[number].count >= most else { return false }
        return [UInt8](key.utf8).lend { (key) in
            replicas[number].keys.find(key).flatMap { replicas[number].keys[$0] }?.isDelete ?? true
        }
    }

    /// A replica that holds few keys holds no more; what it has refused may be lost with its author.
    func checkSmall(_ number: Int) throws {
        guard let most = refusals?.small[number] else { return }
        let replica = replicas[number]
        guard replica.count <= most else {
            throw SimulationFailure(description: "replica \(number) holds \(replica.count) keys; max_keys is \(most)")
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

    /// Whether it is known what must become of a key.
    func isTainted(_ key: String) -> Bool {
        refusals?.tainted.contains(key) ?? false
    }

    /// While hosts refuse some keys, all others are the same; and nothing goes round. Then they refuse nothing any more.
    func endRefusals(_ held: [Int]) throws {
        guard refusals != nil else { return }
        for number in present { try checkSmall(number) }
        try agree(held)
        for _ in 0..<2 {
            for replica in presentReplicas { replica.gossip() }
            try runUntilQuiet()
        }
        // Of three at least one is none of those that send all vectors once more.
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

    /// Vectors of replicas that keep different ended sources differ for ever.
    private var mayBeQuiet: Bool { presentReplicas.allSatisfy { $0.retired.floor == 0 } }
}
