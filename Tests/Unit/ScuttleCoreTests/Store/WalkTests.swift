import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("A walk over entries")
struct WalkTests {
    @Test("Visits the keys with the prefix, without tombstones, in the byte order of keys", arguments: 0..<10)
    func prefixes(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try Replica.make()
        var model: [[UInt8]: String] = [:]
        for number in 0..<150 {
            let key = random.bytes(random.within(1...4), of: [UInt8]("ab~") + [0x7f])
            if random.oneIn(4) {
                try replica.delete(key.text)
                model[key] = nil
            } else {
                try replica.set(key.text, "\(number)")
                model[key] = "\(number)"
            }
            guard random.oneIn(10) else { continue }
            withEvery(upTo: 2, over: [UInt8]("ab~")) { prefix in
                let expected = model.filter { $0.key.starts(with: prefix) }
                    .sorted { $0.key.lexicographicallyPrecedes($1.key) }
                let mine = replica.walk(prefix: prefix.text)
                check(mine.map(\.key) == expected.map(\.key), "keys from \(prefix.text): \(mine)")
                check(mine.map(\.value.text) == expected.map(\.value), "values from \(prefix.text): \(mine)")
            }
        }
        #expect(replica.count == model.count)
    }

    @Test("Stops if the visitor returns false")
    func stops() throws {
        let replica = try Replica.make()
        for key in ["a", "b", "c", "d"] { try replica.set(key, "1") }
        try replica.delete("a")
        var seen: [String] = []
        replica.visitEntries(prefix: Bytes("")) {
            seen.append($0.key.text)
            return seen.count < 2
        }
        #expect(seen == ["b", "c"])
    }
}
