@testable import ScuttleCore

/// The state that a classic world keeps of its replicas.
struct ClassicLedger {
    /// The count of starts of each replica under a new id, by its index.
    private var restarts: [Int: Int] = [:]
    /// The latest version vector of each replica, by its index.
    var vectors: [Int: [[UInt8]: Version]] = [:]

    /// Gives a replica another source, because in a classic world a start under a new id is another replica.
    mutating func rename(_ number: Int) {
        restarts[number, default: 0] += 1
        vectors[number] = nil
    }

    func suffix(of number: Int) -> [UInt8] {
        restarts[number].map { [UInt8]("'\($0)".utf8) } ?? []
    }
}

/// Replicas that speak the dialect of simple-scuttle.
extension World {
    /// Gives a write any text, and the rank of that text.
    func setText(_ write: inout Write, _ random: inout Random) {
        let value = write.isDelete ? (text: "null", rank: 0) : random.pick(ClassicPlan.texts)
        (write.text, write.rank) = (value.text, value.rank)
    }

    // MARK: At any time

    /// Checks that no version in the vector has fallen, and that a host sees all keys that hold a value, in the byte order of
    /// keys.
    func examineClassic(_ number: Int) throws {
        guard plan.classic != nil else { return }
        let (shown, held) = (shown(by: replicas[number]), heldInOrder(by: replicas[number]))
        guard shown == held else {
            throw SimulationFailure(description: "replica \(number) shows \(shown), not \(held)")
        }
        let vector = vector(of: replicas[number])
        for (source, version) in classic.vectors[number] ?? [:] where version > vector[source] ?? 0 {
            throw SimulationFailure(
                description: "replica \(number): the version of \(source.text) has fallen from \(version)")
        }
        classic.vectors[number] = vector
    }

    private func vector(of replica: Replica) -> [[UInt8]: Version] {
        var vector: [[UInt8]: Version] = [:]
        replica.visitVector { source, version in
            vector[[UInt8](source)] = version
            return true
        }
        return vector
    }

    // MARK: At the end

    /// Checks that all replicas have the same entries, deletes included, and the same fingerprint, that nothing is pending, and
    /// that one more gossip sends digests only.
    func endClassic() throws {
        guard plan.classic != nil else { return }
        for number in present {
            let replica = replicas[number]
            for key in plan.classic?.keys ?? [] where entry(of: key, at: replica) != entry(of: key, at: replicas[0]) {
                throw SimulationFailure(description: "replica \(number) has another entry of \(key)")
            }
            guard replica.fingerprint == replicas[0].fingerprint else {
                throw SimulationFailure(description: "replica \(number) has another fingerprint")
            }
            guard !replica.isFull else {
                throw SimulationFailure(description: "replica \(number) is full")
            }
        }
        let digests = present.reduce(0) { sum, number in
            sum + digestBytes(of: replicas[number]) * wires.count { $0.edge.sides.contains(number) }
        }
        let (before, states) = (counts.bytes, presentReplicas.map(live))
        for replica in presentReplicas { replica.gossip() }
        try runUntilQuiet()
        guard counts.bytes - before == digests else {
            throw SimulationFailure(
                description: "\(counts.bytes - before) bytes go out when all agree; digests are \(digests)")
        }
        guard presentReplicas.map(live) == states else {
            throw SimulationFailure(description: "gossip changes entries")
        }
        try examine()
    }

    /// Returns the keys that hold a value, as a host sees them, in that order.
    private func shown(by replica: Replica) -> [String] {
        var lines: [String] = []
        replica.visitEntries(prefix: Bytes(start: nil, count: 0)) { update in
            let (key, value, source) = ([UInt8](update.key), [UInt8](update.value), [UInt8](update.source))
            lines.append("\(key.text)=\(value.text) by \(source.text):\(update.version)")
            return true
        }
        return lines
    }

    /// Returns the keys that hold a value, as the table has them, in the byte order of keys.
    private func heldInOrder(by replica: Replica) -> [String] {
        var lines: [(key: [UInt8], line: String)] = []
        replica.keys.forEach { _, record in
            guard !record.isDelete else { return true }
            let (key, timestamp) = ([UInt8](record.key), record.timestamp)
            let source = [UInt8](replica.sources[timestamp.source].id)
            lines.append((key, "\(key.text)=\([UInt8](record.value).text) by \(source.text):\(timestamp.version)"))
            return true
        }
        return lines.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.line)
    }

    /// Returns the size of a replica's gossip on one link: a digest for each source, and the end.
    private func digestBytes(of replica: Replica) -> Int {
        vector(of: replica).reduce(#"{"digest":true,"done":true}"#.utf8.count + 1) { sum, item in
            let id = quoted(item.key.text)
            return sum + #"{"digest":true,"source_id":\#(id),"id":\#(id),"version":\#(item.value)}"#.utf8.count + 1
        }
    }

    /// Returns a JSON string. The names of a simulation have no other character that JSON escapes.
    private func quoted(_ name: String) -> String {
        "\"" + name.map { $0 == "\"" ? #"\""# : String($0) }.joined() + "\""
    }
}
