import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("KeyOrder")
struct KeyOrderTests {
    private struct World: ~Copyable {
        var table: KeyTable
        var order = KeyOrder()
        var ids: [[UInt8]: KeyID] = [:]

        init(_ seed: UInt64) {
            table = KeyTable(hash: SipHash(key: (1, seed)))
        }

        mutating func insert(_ key: [UInt8]) {
            guard ids[key] == nil else { return }
            ids[key] = table.insert(
                Record(PlainUpdate(key: key, value: [0x31], source: [0x41], version: 1), from: 0))
        }

        /// Removes a key as the replica does.
        mutating func remove(_ key: [UInt8]) {
            guard let id = ids.removeValue(forKey: key), let record = table[id] else { return }
            table.remove(id, record)
            record.release()
            order.noteRemoval(from: &table)
            check(table.vacated.count <= ids.count + 129, "\(table.vacated.count) ids wait")
        }

        mutating func keys(from bound: [UInt8]) -> [[UInt8]] {
            order.update(from: &table)
            let found = bound.lend { order.ids(from: $0, in: table) }
            return found.map { [UInt8](table.key(of: $0)) }
        }

        mutating func examine(_ what: String) {
            for bound in Array(ids.keys.prefix(20)) + [[], [0x00], [0xff, 0xff, 0xff, 0xff, 0xff]] {
                let mine = keys(from: bound)
                let expected = ids.keys.filter { !$0.lexicographicallyPrecedes(bound) }
                    .sorted { $0.lexicographicallyPrecedes($1) }
                check(mine == expected, "\(what), from \(bound): \(mine), not \(expected)")
            }
        }
    }

    private static let alphabet: [UInt8] = [0x00, 0x61, 0x62, 0x7f, 0x80, 0xff]

    @Test("As a sorted array, with walks between random insertions", arguments: 0..<10)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World(random.next())
        for round in 0..<12 {
            for _ in 0..<random.below(12) { world.insert(random.bytes(random.within(1...4), of: Self.alphabet)) }
            world.examine("seed \(seed), round \(round)")
        }
    }

    @Test("The same with removals: ids are freed, reused under other keys, and wait in between", arguments: 0..<20)
    func removals(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var world = World(random.next())
        for round in 0..<30 {
            for _ in 0..<random.below(30) {
                let key = random.bytes(random.within(1...3), of: Self.alphabet)
                if random.oneIn(2) { world.insert(key) } else { world.remove(key) }
            }
            // Sometimes nearly all are removed at once.
            if random.oneIn(8) { for key in Array(world.ids.keys.dropFirst(3)) { world.remove(key) } }
            if random.oneIn(2) { world.examine("seed \(seed), round \(round)") }
        }
        world.examine("seed \(seed)")
    }

    @Test("A key that is removed and added again between two walks is visited once, in its order")
    func again() {
        var world = World(1)
        for key in ["b", "a", "c"] { world.insert([UInt8](key)) }
        #expect(world.keys(from: []).map(\.text) == ["a", "b", "c"])
        world.remove([UInt8]("b"))
        world.insert([UInt8]("b"))
        #expect(world.keys(from: []).map(\.text) == ["a", "b", "c"])
        world.remove([UInt8]("b"))
        #expect(world.keys(from: []).map(\.text) == ["a", "c"])
        world.insert([UInt8]("d"))
        world.insert([UInt8]("b"))
        #expect(world.keys(from: []).map(\.text) == ["a", "b", "c", "d"])
    }

    @Test("Without walks removed ids are reused at once; with walks they do not pile up")
    func waiting() {
        var world = World(1)
        for round in 0..<5 {
            for number in 0..<200 { world.insert([UInt8]("\(number)")) }
            for number in 0..<200 { world.remove([UInt8]("\(number)")) }
            check(world.table.idLimit == 200, "round \(round): \(world.table.idLimit) ids without a walk")
        }
        for _ in 0..<20 {
            for number in 0..<200 { world.insert([UInt8]("\(number)")) }
            world.examine("walked")
            for number in 0..<200 { world.remove([UInt8]("\(number)")) }
        }
        let limit = world.table.idLimit
        #expect(limit <= 600, "\(limit) ids for 200 keys")
    }
}
