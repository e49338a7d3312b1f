import Testing

@testable import ScuttleCore

/// A few replicas under names, that meet in pairs.
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

    /// A replica that has nothing yet; another incarnation where there was one of this name.
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

    /// Carries what both ends of a pair have to say until both are silent.
    @discardableResult
    func carry(_ pair: Pair, rounds: Int = 200, fate: () -> Int = { 1 }) -> Exchange {
        if options.contains(.datagram) {
            return ScuttleTesting.carry(pair.a, pair.b, capacity: capacity, rounds: rounds, fate: fate)
        }
        var exchange = Exchange()
        if let code = talk(pair.a, pair.b) { exchange.refused.append(code) } else { exchange.isQuiet = true }
        return exchange
    }

    /// Lets two meet so often that both have what the other has.
    func meet(_ a: String, _ b: String, times: Int = 2) throws {
        for _ in 0..<times {
            let pair = try pair(a, b)
            pair.gossip()
            let exchange = carry(pair)
            check(exchange.isQuiet && exchange.refused.isEmpty, "\(a) and \(b): \(exchange.refused)")
            pair.close()
        }
    }

    /// Everybody meets everybody until nothing can be new.
    func settle(without gone: Set<String> = []) throws {
        let names = replicas.keys.filter { !gone.contains($0) }.sorted()
        for _ in names {
            for (index, a) in names.enumerated() {
                for b in names[(index + 1)...] { try meet(a, b, times: 1) }
            }
        }
    }

    /// The same values and the same vector everywhere, and no invariant broken. Of ended incarnations some replicas keep no
    /// more than a hash: clocks are compared where two know a source, and vectors by their hashes.
    func expectAgreement(without gone: Set<String> = [], sourceLocation: SourceLocation = #_sourceLocation) {
        let names = replicas.keys.filter { !gone.contains($0) }.sorted()
        guard let first = names.first.map({ self[$0] }) else { return }
        for name in names {
            let replica = self[name]
            check(
                replica.walk() == first.walk(), "\(name) has \(replica.walk()), not \(first.walk())",
                sourceLocation: sourceLocation)
            let isSame = replica.clock.allSatisfy { id, version in first.clock[id].map { $0 == version } ?? true }
            check(
                isSame && replica.vectorHash == first.vectorHash,
                "\(name) has the clock \(replica.clock), not \(first.clock)", sourceLocation: sourceLocation)
            check(replica.broken == nil, "\(name): \(replica.broken ?? "")", sourceLocation: sourceLocation)
        }
    }

    /// The same values everywhere, under whatever dots, and no invariant broken.
    func expectSameValues(sourceLocation: SourceLocation = #_sourceLocation) {
        let values = replicas.mapValues { $0.walk().map { "\($0.key.text)=\($0.value.text)" } }
        check(Set(values.values).count <= 1, "\(values)", sourceLocation: sourceLocation)
        for (name, replica) in replicas {
            check(replica.broken == nil, "\(name): \(replica.broken ?? "")", sourceLocation: sourceLocation)
        }
    }
}

extension Link.Options {
    /// Both ways to talk.
    static let ways: [Link.Options] = [[], .datagram]
}
