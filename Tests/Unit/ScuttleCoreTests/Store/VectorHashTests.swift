import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("VectorHash")
struct VectorHashTests {
    /// Returns the hash of a vector and of versions above it, computed anew.
    private func hash(_ sources: [Source], _ vector: [Version], outOfOrder: [[Version]] = []) -> VectorHash {
        var hash = VectorHash()
        for (source, version) in zip(sources, vector) { hash.change(source, from: 0, to: version) }
        for (source, versions) in zip(sources, outOfOrder) {
            for version in versions { hash.addOutOfOrder(source, version) }
        }
        return hash
    }

    private func sources(_ count: Int) -> [Source] {
        (0..<count).map { number in "s\(number)".lend { Source(id: $0) } }
    }

    @Test("In any order of changes, it is the hash of the vector and of the out-of-order entries", arguments: 0..<20)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let sources = sources(5)
        defer { for source in sources { source.deallocate() } }
        var mine = VectorHash()
        var vector = [Version](repeating: 0, count: 5)
        var outOfOrder = [[Version]](repeating: [], count: 5)
        for _ in 0..<300 {
            let number = random.below(5)
            switch random.below(3) {
            case 0:
                let version = vector[number] + Version(random.below(4))
                mine.change(sources[number], from: vector[number], to: version)
                vector[number] = version
            case 1:
                let version = Version(random.within(1...1000))
                mine.addOutOfOrder(sources[number], version)
                outOfOrder[number].append(version)
            default:
                guard let version = outOfOrder[number].popLast() else { continue }
                mine.removeOutOfOrder(sources[number], version)
            }
            check(
                mine == hash(sources, vector, outOfOrder: outOfOrder),
                "seed \(seed): \(vector), outOfOrder \(outOfOrder)")
        }
    }

    @Test("All small vectors, with and without out-of-order entries, have hashes of their own; an empty one has 0")
    func distinct() {
        let sources = sources(3)
        defer { for source in sources { source.deallocate() } }
        var seen: Set<UInt64> = []
        var count = 0
        for vector in (0..<64).map({ number in (0..<3).map { Version(number >> (2 * $0) & 3) } }) {
            for outOfOrder in [[], [[4]], [[], [4]], [[5]], [[4], [4]], [[4, 5]]] as [[[Version]]] {
                seen.insert(hash(sources, vector, outOfOrder: outOfOrder).value)
                count += 1
            }
        }
        #expect(seen.count == count)
        #expect(VectorHash().value == 0)
        #expect(hash(sources, [0, 0, 0]).value == 0)
    }

    @Test(
        "Replicas with equal vectors have equal hashes, whatever their seeds and the order in which they met sources")
    func replicas() throws {
        var hashes: Set<UInt64> = []
        let updates = [PlainUpdate("k", "1", "x", 3), PlainUpdate("l", "1", "y", 5), PlainUpdate("m", "1", "z", 4)]
        withEveryOrder(of: updates) { updates in
            guard let replica = try? Replica.make("local", seed: UInt64(hashes.count) + 7) else { return }
            for update in updates { try? replica.receive(update) }
            hashes.insert(replica.dotHash.value)
        }
        #expect(hashes.count == 1)
    }
}
