import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("RetiredKnowledge")
struct RetiredKnowledgeTests {
    @Test("As a set of positions, while the table grows, gets holes and is swept", arguments: 0..<60)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var table = RetiredTable(key: 1)
        var knowledge = RetiredKnowledge()
        var known: Set<Int> = []
        for step in 0..<500 {
            switch random.below(20) {
            case 0..<9:
                table.insert(
                    RetiredTable.Entry(
                        hash: SourceHash(low: random.next(), high: random.next()), version: Version(step + 1),
                        isPurged: random.oneIn(20), isFinal: false),
                    at: UInt64(step + 1))
            case 9..<15 where table.count > 0:
                let position = random.below(table.count)
                knowledge.note(position, in: table)
                known.insert(position)
            case 15 where table.count > 0:
                table.remove(at: random.below(table.count))
            case 16:
                let position = random.below(table.count + 1)
                knowledge.note(upTo: position, of: table.generation, in: table)
                known.formUnion(0..<position)
                // An earlier generation does not count.
                knowledge.note(upTo: table.count, of: table.generation &- 1, in: table)
            case 17 where random.oneIn(4):
                knowledge.noteAll(in: table)
                known = Set(0..<table.count)
            case 18 where random.oneIn(4):
                let generation = table.generation
                table.raiseFloor(to: table.floor + Version(random.below(20)), at: UInt64(step + 1)) { _ in }
                if table.generation != generation { known = [] }
            default: break
            }
            examine(knowledge, table, known, "seed \(seed), step \(step)")
        }
    }

    private func examine(
        _ knowledge: RetiredKnowledge, _ table: borrowing RetiredTable, _ known: Set<Int>, _ what: String
    ) {
        var (isAny, isPurged) = (false, false)
        for position in 0..<table.count {
            check(knowledge.knows(position, in: table) == known.contains(position), "\(what): position \(position)")
            guard !known.contains(position), !table[position].isHole else { continue }
            isAny = true
            if table[position].purged > 0 { isPurged = true }
        }
        let missing = knowledge.missing(in: table)
        check(missing == (isAny, isPurged) || (isPurged && missing == (true, true)), "\(what): missing \(missing)")
    }

    @Test("A peer that knows all of them needs no memory, and lacks the next one")
    func all() {
        var table = RetiredTable(key: 1)
        var knowledge = RetiredKnowledge()
        func entry(_ number: UInt64) -> RetiredTable.Entry {
            RetiredTable.Entry(
                hash: SourceHash(low: number, high: 0), version: number, isPurged: number == 100, isFinal: false)
        }
        for number in 1...99 as ClosedRange<UInt64> { table.insert(entry(number), at: number) }
        let before = knowledge.missing(in: table)
        #expect(before == (true, false))
        knowledge.noteAll(in: table)
        let after = knowledge.missing(in: table)
        #expect(after == (false, false))
        table.insert(entry(100), at: 100)
        let next = knowledge.missing(in: table)
        #expect(next == (true, true))
        let (first, last) = (knowledge.knows(98, in: table), knowledge.knows(99, in: table))
        #expect(first && !last)
    }
}
