import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Replicas in a mesh, some of which refuse keys or writers for a while. All other entries become equal, and once no replica
/// refuses anything, all entries do.
@Suite("Refusals in a mesh")
struct RefusalMeshTests {
    private final class Host {
        var keys: Set<String> = []
        var writer = ""

        func judge(_ configuration: inout Configuration) {
            configuration.accept = { [self] _, update in
                !keys.contains(update.key.text) && (writer.isEmpty || !update.source.text.hasPrefix(writer))
            }
        }
    }

    private final class Mesh {
        var random: TestRandom
        var replicas: [Replica] = []
        var hosts: [Host] = []
        var pairs: [Pair] = []
        var moved = 0

        init(seed: UInt64) throws {
            random = TestRandom(seed: seed)
            for number in 0..<random.within(2...4) {
                let host = Host()
                hosts.append(host)
                let history = random.pick([1, 5, 1000])
                replicas.append(
                    try Replica.make("r\(number)", seed: seed * 8 + UInt64(number) + 1) {
                        $0.maxHistory = history
                        host.judge(&$0)
                    })
            }
            for number in 1..<replicas.count { try connect(number, random.below(number)) }
            if replicas.count > 2 { try connect(0, replicas.count - 1) }
        }

        private func connect(_ a: Int, _ b: Int) throws {
            pairs.append(try Pair(replicas[a], replicas[b], random.oneIn(2) ? .live : []))
        }

        /// Gossips on both ends, and carries bytes until both have nothing to send, or for some rounds.
        func talk(_ pair: Pair, rounds: Int = 3000) {
            pair.gossip()
            for round in 0... {
                let (toB, toA) = (pair.a.readAll(), pair.b.readAll())
                if toA.isEmpty && toB.isEmpty || round == rounds { return }
                moved += toA.count + toB.count
                for (bytes, end) in [(toB, pair.b), (toA, pair.a)] {
                    let code = end.write(bytes)
                    check(code == nil || code == .refused || code == .unasked, "\(String(describing: code))")
                }
                guard round < 2999 else {
                    check(false, "endless messages")
                    return
                }
            }
        }

        func settle() {
            for _ in 0..<replicas.count + 8 { for pair in pairs { talk(pair) } }
        }

        func state(_ replica: Replica, without refused: Set<String>) -> [String] {
            var lines: [String] = []
            replica.keys.forEach { _, record in
                let writer = replica.sources[record.timestamp.source].id.text
                if !record.isDelete, !refused.contains(record.key.text) {
                    lines.append("\(record.key.text)=\(record.value.text) \(writer):\(record.timestamp.version)")
                }
                return true
            }
            return lines.sorted()
        }
    }

    @Test(
        "All entries except the refused ones are equal, nothing is sent twice, and without refusals all are equal",
        arguments: 0..<12)
    func mesh(block: Int) throws {
        for seed in UInt64(block * 10)..<UInt64(block * 10 + 10) {
            let mesh = try Mesh(seed: seed)
            var tainted: Set<String> = []
            let doesPurge = mesh.random.oneIn(2)
            for step in 0..<150 {
                let number = mesh.random.below(mesh.replicas.count)
                let replica = mesh.replicas[number]
                let key = "k\(mesh.random.below(8))"
                switch mesh.random.below(10) {
                case 0..<4: try replica.set(key, "\(step)")
                case 4: try replica.delete(key)
                case 5 where doesPurge: _ = try replica.purge()
                case 6 where step > 20 && mesh.hosts[number].keys.isEmpty && mesh.random.oneIn(3) && number > 0:
                    mesh.hosts[number].keys = [key]
                    tainted.insert(key)
                case 7 where step > 20 && mesh.random.oneIn(5):
                    mesh.hosts[number].keys = []
                    replica.acceptAgain()
                default: mesh.talk(mesh.random.pick(mesh.pairs), rounds: mesh.random.pick([1, 3, 3000]))
                }
                if let broken = replica.brokenInvariant() { check(false, "seed \(seed), step \(step): \(broken)") }
            }
            mesh.settle()
            let states = mesh.replicas.map { mesh.state($0, without: tainted) }
            check(states.allSatisfy { $0 == states[0] }, "seed \(seed) is split: \(states)")
            mesh.settle()
            mesh.moved = 0
            for pair in mesh.pairs { mesh.talk(pair) }
            check(mesh.moved < 2500 * mesh.pairs.count, "seed \(seed) is not quiet: \(mesh.moved)")
            for (replica, host) in zip(mesh.replicas, mesh.hosts) {
                host.keys = []
                replica.acceptAgain()
            }
            mesh.settle()
            let ends = mesh.replicas.map { mesh.state($0, without: []) }
            check(ends.allSatisfy { $0 == ends[0] }, "seed \(seed) has diverged: \(ends)")
            check(mesh.replicas.allSatisfy { $0.refused == nil }, "seed \(seed): something is still missing")
            check(Set(mesh.replicas.map(\.vectorHash)).count == 1, "seed \(seed) is not in step")
        }
    }
}
