import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Names, and which of their incarnations count as alive.
@Suite("NameTable")
struct NameTableTests {
    private func sources(_ replica: Replica) -> [String: Source] {
        Dictionary(uniqueKeysWithValues: replica.sources.ids.map { (replica.sources[$0].id.text, replica.sources[$0]) })
    }

    /// Covers a source of a replica up to a version.
    private func cover(_ replica: Replica, _ id: String, _ version: Version) throws {
        let number = try id.lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        replica.cover(replica.sources[number], upTo: version)
    }

    @Test("One name for all of its incarnations, and one for each exact source")
    func names() throws {
        let replica = try Replica.make("ada")
        for id in ["ada~AAAAAAAA", "ada~BBBBBBBB", "bob~AAAAAAAA", "bob", "bob~short", "ada~AAAAAAA!"] {
            try cover(replica, id, 1)
        }
        let sources = sources(replica)
        let names = ["ada", "ada~AAAAAAAA", "bob~AAAAAAAA", "bob~short", "ada~AAAAAAA!"].map { sources[$0]?.name }
        #expect(Set(names).count == 4)
        #expect(sources["ada"]?.name == sources["ada~BBBBBBBB"]?.name)
        #expect(sources["bob"]?.name == sources["bob~AAAAAAAA"]?.name)
        let count = replica.sources.names.count
        #expect(count == 4)
    }

    @Test("The furthest of a name is the one with the highest version; one that rises behind it is alive too")
    func furthest() throws {
        let (a, b, c) = ("n~AAAAAAAA", "n~BBBBBBBB", "n~CCCCCCCC")
        let replica = try Replica.make("own")
        func alive() -> Set<String> { Set(sources(replica).filter { $0.value.mayBeAlive }.keys).subtracting(["own"]) }
        func furthest() -> Set<String> {
            Set(sources(replica).filter { $0.value.isFurthest }.keys).subtracting(["own"])
        }
        try cover(replica, a, 5)
        #expect(alive() == [a])
        // A later start has a higher version, so the previous incarnation counts as ended.
        try cover(replica, b, 8)
        #expect(alive() == [b])
        #expect(furthest() == [b])
        // An old save of a third incarnation appears, behind both, and the first one writes again: only the furthest counts.
        try cover(replica, c, 3)
        try cover(replica, a, 7)
        #expect(furthest() == [b])
        #expect(alive() == [b])
        // Of two equal versions the greater id counts, in any order of arrival.
        try cover(replica, a, 8)
        #expect(furthest() == [[a, b].max()])
        try cover(replica, a, 20)
        #expect(furthest() == [a])
        try cover(replica, b, 30)
        #expect(alive() == [b])
    }

    @Test(
        "Random rises: the furthest is the highest, and of equal ones the one with the greater id",
        arguments: 0..<20)
    func model(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try Replica.make("own")
        let ids = ["n", "m"].flatMap { name in (0..<4).map { "\(name)~AAAAAAA\($0)" } }
        var model: [String: Version] = [:]
        for _ in 0..<60 {
            let id = random.pick(ids)
            let version = (model[id] ?? 0) + Version(random.within(1...9))
            model[id] = version
            try cover(replica, id, version)
            let sources = sources(replica)
            for name in ["n", "m"] as [Character] {
                let known = model.filter { $0.key.first == name }
                guard let top = known.values.max() else { continue }
                let furthest = known.keys.filter { sources[$0]?.isFurthest == true }
                check(
                    furthest == [known.filter { $0.value == top }.keys.max()], "seed \(seed): \(furthest) of \(known)")
            }
        }
    }

    @Test("An ended incarnation holds back no tombstones; a live one does")
    func stability() throws {
        let a = try Replica.make("a")
        var b = try Replica.start("b", seed: 10)
        try b.set("of b", "1")
        #expect(try meet(a, b) == nil)
        try a.set("k", "1")
        try a.delete("k")
        a.gossip()
        #expect(a.entry("k")?.isDelete == true, "b is alive, and its low-water mark is below")
        // It starts again from its save: the new incarnation has a low-water mark for its name.
        b = try Replica.start("b", seed: 11, from: b.exported())
        for _ in 0..<2 { #expect(try meet(a, b) == nil) }
        a.gossip()
        #expect(a.entry("k") == nil)
        #expect(a.broken == nil)
    }
}
