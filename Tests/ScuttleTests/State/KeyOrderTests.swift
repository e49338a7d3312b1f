import Testing

@testable import Scuttle

@Suite("KeyOrder")
struct KeyOrderTests {
    @Test("As a sorted array, with walks between random insertions", arguments: 0..<10)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var table = KeyTable(hash: SipHash(key: (1, random.next())))
        var order = KeyOrder()
        var keys: [[UInt8]] = []
        for round in 0..<12 {
            for _ in 0..<random.below(12) {
                let key = random.bytes(random.within(1...4), of: [0x00, 0x61, 0x62, 0x7f, 0x80, 0xff])
                guard !keys.contains(key) else { continue }
                keys.append(key)
                _ = table.insert(Record(PlainUpdate(key: key, value: [0x31], source: [0x41], version: 1), from: 0))
            }
            order.update(from: table)
            for bound in keys + [[], [0x00], [0xff, 0xff, 0xff, 0xff, 0xff]] {
                let ids = bound.lend { order.ids(from: $0, in: table) }
                let mine = ids.map { [UInt8](table[$0].key) }
                let expected = keys.filter { !$0.lexicographicallyPrecedes(bound) }
                    .sorted { $0.lexicographicallyPrecedes($1) }
                check(mine == expected, "seed \(seed), round \(round), from \(bound): \(mine)")
            }
        }
    }
}
