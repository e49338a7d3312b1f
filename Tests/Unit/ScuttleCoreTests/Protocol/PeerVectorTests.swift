import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("PeerVector")
struct PeerVectorTests {
    @Test("As an array of versions, while the replica changes, on any base", arguments: 0..<80)
    func model(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try Replica.make()
        let count = random.pick([4, 30, 64, 65, 300])
        for number in 1..<count {
            _ = try "s\(number)".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        }
        for id in replica.sources.ids where random.oneIn(2) { replica.cover(id, upTo: Version(random.within(1...9))) }
        var vector = PeerVector()
        var expected = [Version](repeating: 0, count: count)
        // Mostly the replica's versions, mostly others, or any.
        let bias = random.below(3)
        for step in 0..<600 {
            let id = SourceID(random.below(count))
            switch random.below(200) {
            case 0:
                vector = PeerVector(of: replica)
                expected = replica.sources.ids.map { replica.sources[$0].covered }
            case 1: (vector, expected) = (PeerVector(), [Version](repeating: 0, count: count))
            case 2..<8: vector.rebase(in: replica)
            case 8..<60: replica.cover(id, upTo: replica.sources[id].covered + Version(random.within(1...3)))
            default:
                let isSame = bias == 0 ? !random.oneIn(8) : bias == 1 ? random.oneIn(8) : random.oneIn(2)
                let version = isSame ? replica.sources[id].covered : Version(random.below(20))
                if expected[Int(id)] > 0, version > expected[Int(id)], random.oneIn(2) {
                    if vector.raise(id, to: version) { expected[Int(id)] = version }
                } else {
                    vector.set(id, to: version, in: replica)
                    expected[Int(id)] = version
                }
            }
            examine(vector, expected, replica, "seed \(seed), step \(step)")
        }
    }

    private func examine(_ vector: PeerVector, _ expected: [Version], _ replica: Replica, _ what: String) {
        for id in replica.sources.ids {
            let found = vector.covered(id, in: replica)
            check(found == expected[Int(id)], "\(what): source \(id): \(found), not \(expected[Int(id)])")
        }
        let visited = Array(vector.differing(from: replica))
        check(visited == visited.sorted(), "\(what): by number")
        let seen = Set(visited)
        for id in replica.sources.ids where expected[Int(id)] != replica.sources[id].covered {
            check(seen.contains(id), "\(what): source \(id) differs")
        }
        let isMore = replica.sources.ids.contains { expected[Int($0)] > replica.sources[$0].covered }
        check(vector.coversMore(than: replica) == isMore, "\(what): covers more: \(isMore)")
    }

    /// Returns a replica that covers this many sources, each up to its id.
    private func replica(covering count: Int) throws -> Replica {
        let replica = try Replica.make { $0.limits.sources = count + 1 }
        for number in 1...count {
            _ = try "s\(number)".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
            replica.cover(SourceID(number), upTo: Version(number))
        }
        return replica
    }

    @Test("A peer with the same vector, in any order of sources, needs a bit for each; then nothing")
    func sameByName() throws {
        let replica = try replica(covering: 5000)
        var vector = PeerVector()
        var random = TestRandom(seed: 1)
        for id in (1...5000 as ClosedRange<SourceID>).shuffled(using: &random) {
            vector.set(id, to: Version(id), in: replica)
            check(vector.count <= 16, "\(vector.count) numbers of its own")
        }
        #expect(Array(vector.differing(from: replica)).count <= 1 + 16)
        // The replica changes while the vector is on its way.
        replica.cover(9, upTo: 30_000)
        vector.set(9, to: 30_000, in: replica)
        vector.rebase(in: replica)
        #expect(vector.count == 0)
        #expect(Array(vector.differing(from: replica)).isEmpty)
    }

    @Test("A base moves if that needs less memory, and stays otherwise")
    func rebasing() throws {
        let replica = try replica(covering: 1000)
        var vector = PeerVector(of: replica)
        let base = vector.base
        for id in 1...500 as ClosedRange<SourceID> { replica.cover(id, upTo: 2000) }
        // The peer lacks it all: as versions of its own that would be 500.
        vector.rebase(in: replica)
        #expect(vector.base == base && vector.count == 0)
        for id in 1...400 as ClosedRange<SourceID> { vector.set(id, to: 2000, in: replica) }
        vector.rebase(in: replica)
        #expect(vector.base > base && vector.count <= 300)
        #expect(Array(vector.differing(from: replica)) == Array(401...500))
        #expect(vector.covered(7, in: replica) == 2000 && vector.covered(450, in: replica) == 450)
        #expect(vector.covered(900, in: replica) == 900)
    }
}
