import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("SourceMap")
struct SourceMapTests {
    @Test("As a dictionary, with values set, raised and set to 0", arguments: 0..<20)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let map = SourceMap()
        var expected: [SourceID: UInt64] = [:]
        for _ in 0..<2000 {
            let id = SourceID(random.oneIn(4) ? 60_000 + random.below(300) : random.below(300))
            let value = random.oneIn(4) ? 0 : random.next() >> 11
            if random.oneIn(3) {
                let isThere = expected[id] != nil
                check(map.raise(id, to: value) == isThere, "seed \(seed): \(id) is there: \(isThere)")
                if let before = expected[id] { expected[id] = max(before, value) }
            } else {
                map.set(id, to: value)
                expected[id] = value > 0 ? value : nil
            }
            check(map[id] == expected[id] ?? 0, "seed \(seed): \(id)")
        }
        for id in 59_900..<60_400 as Range<SourceID> { check(map[id] == expected[id] ?? 0, "seed \(seed): \(id)") }
        var found: [SourceID: UInt64] = [:]
        for place in 0..<map.places where map.entry(at: place).value > 0 {
            found[map.entry(at: place).id] = map.entry(at: place).value
        }
        #expect(found == expected)
    }

    @Test(
        "At most 16 bytes for each of many entries, whatever the ids; entries that have become 0 use no memory")
    func memory() {
        let map = SourceMap()
        for id in 0..<65_536 as Range<SourceID> {
            map.set(id &* 2_654_435_761 & 0xff_ffff, to: 9)
            if id > 64 { check(map.places * 12 <= map.count * 16, "\(map.places) places for \(map.count) entries") }
        }
        let churned = SourceMap()
        for id in 0..<5000 as Range<SourceID> {
            churned.set(id, to: 9)
            if id >= 10 { churned.set(id - 10, to: 0) }
        }
        #expect(churned.places < 64)
    }
}

@Suite("SourceSet")
struct SourceSetTests {
    @Test("As a set", arguments: 0..<5)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var set = SourceSet()
        var expected: Set<SourceID> = []
        #expect(set.isEmpty)
        for _ in 0..<500 {
            let id = SourceID(random.below(50))
            if random.oneIn(3) {
                set.remove(id)
                expected.remove(id)
            } else {
                check(set.insert(id) == expected.insert(id).inserted, "seed \(seed): \(id)")
            }
            check(set.contains(id) == expected.contains(id), "seed \(seed): \(id)")
        }
        #expect(!set.isEmpty)
    }
}
