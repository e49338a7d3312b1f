import Testing

@testable import ScuttleCore

/// Named replicas that meet in pairs.
final class Mesh {
    var replicas: [String: Replica] = [:]
    private let options: Link.Options
    let capacity: Int

    init(
        _ names: String, over options: Link.Options = [], capacity: Int = 1200,
        _ adjust: (inout Configuration) -> Void = { _ in }
    ) throws {
        (self.options, self.capacity) = (options, capacity)
        for name in names.split(separator: " ").map(String.init) { try add(name, adjust) }
    }

    /// Adds an empty replica, as another incarnation if there was one of this name.
    @discardableResult
    func add(_ name: String, _ adjust: (inout Configuration) -> Void = { _ in }) throws -> Replica {
        let replica = try Replica.make(name, seed: UInt64(replicas.count + made + 1), adjust)
        made += 1
        replicas[name] = replica
        return replica
    }

    private var made = 0

    subscript(name: String) -> Replica {
        guard let replica = replicas[name] else { fatalError("no replica \(name)") }
        return replica
    }

    func pair(_ a: String, _ b: String) throws -> Pair {
        try Pair(self[a], self[b], options)
    }

    /// Carries bytes between both ends of a pair until they have nothing to send.
    @discardableResult
    func carry(_ pair: Pair, rounds: Int = 200, fate: () -> Int = { 1 }) -> Exchange {
        if options.contains(.datagram) {
            return ScuttleTesting.carry(pair.a, pair.b, capacity: capacity, rounds: rounds, fate: fate)
        }
        var exchange = Exchange()
        if let code = talk(pair.a, pair.b) { exchange.refused.append(code) } else { exchange.isQuiet = true }
        return exchange
    }

    /// Lets two replicas meet often enough that each has the other's updates.
    func meet(_ a: String, _ b: String, times: Int = 2) throws {
        for _ in 0..<times {
            let pair = try pair(a, b)
            pair.gossip()
            let exchange = carry(pair)
            check(exchange.isQuiet && exchange.refused.isEmpty, "\(a) and \(b): \(exchange.refused)")
            pair.close()
        }
    }

    /// Lets all replicas meet each other until no updates can be missing.
    func settle(without gone: Set<String> = []) throws {
        let names = replicas.keys.filter { !gone.contains($0) }.sorted()
        for _ in names {
            for (index, a) in names.enumerated() {
                for b in names[(index + 1)...] { try meet(a, b, times: 1) }
            }
        }
    }

    /// Expects the same values and the same vector in all replicas, and no broken invariant. Some replicas keep only a hash of
    /// a retired source: versions are compared if both replicas have the source in full, and vectors by their hashes.
    func expectAgreement(without gone: Set<String> = [], sourceLocation: SourceLocation = #_sourceLocation) {
        let names = replicas.keys.filter { !gone.contains($0) }.sorted()
        guard let first = names.first.map({ self[$0] }) else { return }
        for name in names {
            let replica = self[name]
            check(
                replica.walk() == first.walk(), "\(name) has \(replica.walk()), not \(first.walk())",
                sourceLocation: sourceLocation)
            let isSame = replica.vector.allSatisfy { id, version in first.vector[id].map { $0 == version } ?? true }
            check(
                isSame && replica.vectorHash == first.vectorHash,
                "\(name) has the vector \(replica.vector), not \(first.vector)", sourceLocation: sourceLocation)
            check(replica.broken == nil, "\(name): \(replica.broken ?? "")", sourceLocation: sourceLocation)
        }
    }

    /// Expects the same values in all replicas, under any dots, and no broken invariant.
    func expectSameValues(sourceLocation: SourceLocation = #_sourceLocation) {
        let values = replicas.mapValues { $0.walk().map { "\($0.key.text)=\($0.value.text)" } }
        check(Set(values.values).count <= 1, "\(values)", sourceLocation: sourceLocation)
        for (name, replica) in replicas {
            check(replica.broken == nil, "\(name): \(replica.broken ?? "")", sourceLocation: sourceLocation)
        }
    }
}

extension Link.Options {
    /// The options of stream links and of datagram links.
    static let ways: [Link.Options] = [[], .datagram]
}
