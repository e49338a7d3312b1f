import Testing

@testable import Scuttle

/// The index of two sources that take keys from each other, against an array of live entries for each.
@Suite("VersionIndex")
struct VersionIndexTests {
    private struct World: ~Copyable {
        var table = KeyTable(hash: SipHash(key: (1, 2)))
        var indices = [VersionIndex(), VersionIndex()]
        /// The live entries by version, for each source.
        var model: [[Version: KeyID]] = [[:], [:]]
        var sweeps = 0

        /// A write as the replica does it: enlist the winner, retire the loser, sweep where it is time.
        mutating func write(_ key: [UInt8], source: SourceID, version: Version) {
            let record = Record(PlainUpdate(key: key, value: [0x31], source: [0x41], version: version), from: source)
            var loser: (source: SourceID, version: Version)?
            let id: KeyID
            if let known = key.lend({ table.find($0) }) {
                let old = table.replace(known, with: record)
                loser = (old.source, old.version)
                old.release()
                id = known
            } else {
                id = table.insert(record)
            }
            indices[Int(source)].append(version, id)
            model[Int(source)][version] = id
            guard let loser else { return }
            model[Int(loser.source)][loser.version] = nil
            indices[Int(loser.source)].retire()
            guard indices[Int(loser.source)].wantsSweep else { return }
            let generation = indices[Int(loser.source)].generation
            indices[Int(loser.source)].sweep(of: loser.source, table)
            check(indices[Int(loser.source)].generation != generation, "a sweep changes the generation")
            check(indices[Int(loser.source)].count == indices[Int(loser.source)].liveCount, "a sweep leaves no hole")
            sweeps += 1
        }

        func examine(_ source: SourceID, above version: Version) {
            let (index, live) = (indices[Int(source)], model[Int(source)])
            check(index.liveCount == live.count, "\(index.liveCount) live, \(live.count) expected")
            check(index.count <= 2 * live.count + 32, "\(index.count) slots for \(live.count) live ones")
            var found: [Version] = []
            var next = index.nextLive(from: index.firstPosition(above: version), of: source, table)
            while let position = next {
                found.append(index.version(at: position))
                check(live[index.version(at: position)] == index.key(at: position), "the key at \(position)")
                next = index.nextLive(from: position + 1, of: source, table)
            }
            let expected = live.keys.filter { $0 > version }.sorted()
            check(found == expected, "source \(source) above \(version): \(found), not \(expected)")
        }
    }

    @Test("As an array of live entries, through holes and sweeps", arguments: 0..<10)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World()
        var version: Version = 0
        for _ in 0..<800 {
            version += Version(random.within(1...3))
            let key = random.bytes(random.within(1...2), of: [UInt8]("abcd"))
            world.write(key, source: random.oneIn(3) ? 1 : 0, version: version)
            guard random.oneIn(20) else { continue }
            for source: SourceID in [0, 1] {
                world.examine(source, above: 0)
                world.examine(source, above: version)
                world.examine(source, above: Version(random.below(Int(version))))
            }
        }
        let sweeps = world.sweeps
        #expect(sweeps > 3, "the test must sweep")
    }

    @Test("The first position above a version: every gap, every size to 20", arguments: 0...20)
    func positions(count: Int) {
        var index = VersionIndex()
        let versions = (0..<count).map { Version(3 * $0 + 2) }
        for (key, version) in versions.enumerated() { index.append(version, KeyID(key)) }
        for version in 0...Version(3 * count + 4) {
            let expected = versions.firstIndex { $0 > version } ?? count
            check(index.firstPosition(above: version) == expected, "above \(version) of \(versions)")
        }
        #expect(index.firstPosition(above: .max) == count)
        #expect(index.last == versions.last ?? 0)
    }
}
