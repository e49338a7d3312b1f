import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("KeyTable")
struct KeyTableTests {
    private func update(_ key: [UInt8], _ version: Version, isDelete: Bool = false) -> PlainUpdate {
        PlainUpdate(
            key: key, value: [UInt8](isDelete ? "null" : "\(version)"), source: [0x41], version: version,
            kind: isDelete ? .delete : .value)
    }

    @Test("As a dictionary, under random writes, deletes and removals", arguments: 0..<20)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var table = KeyTable(hash: SipHash(key: (random.next(), random.next())))
        var model: [[UInt8]: (id: KeyID, update: PlainUpdate)] = [:]
        // Ids of removed keys: those that must not be reused yet, and those that must be.
        var (waiting, free): (Set<KeyID>, Set<KeyID>) = ([], [])
        var records: [Record] = []
        for version in 1...600 as ClosedRange<Version> {
            let key = random.bytes(random.within(1...2), of: Array(0x61...0x6c))
            let found = key.lend { table.find($0) }
            check(found == model[key]?.id, "\(key.text) is found as \(String(describing: found))")
            let update = update(key, version, isDelete: random.oneIn(4))
            if let id = found, let old = table[id] {
                check(old.version == model[key]?.update.version, "the old record of \(key.text)")
                if random.oneIn(3) {
                    table.remove(id, old)
                    waiting.insert(id)
                    model[key] = nil
                    check(table[id] == nil && table.key(of: id).isEmpty, "\(id) still has a record")
                } else {
                    table.replace(id, old, with: Record(update, from: 0))
                    model[key] = (id, update)
                    check(table.isEntry(of: id, 0, version), "\(key.text) is the entry")
                }
                check(!old.isEntry, "a removed record is no entry")
                old.release()
            } else {
                let limit = table.idLimit
                let id = table.insert(Record(update, from: 0))
                if free.isEmpty { check(id == KeyID(limit), "id \(id) where \(limit) was next") }
                check(free.isEmpty || free.remove(id) != nil, "id \(id) is not one of the free ones")
                if id < limit { check(table.fresh.last == id, "\(id) is fresh again") }
                model[key] = (id, update)
            }
            let vacated = Set((0..<table.vacated.count).map { table.vacated[$0] })
            check(vacated == waiting, "\(vacated) wait")
            guard random.oneIn(25) else { continue }
            table.recycleVacated()
            free.formUnion(waiting)
            waiting = []
            check(table.fresh.isEmpty && table.vacated.isEmpty, "recycled")
        }
        let (live, tombstones, count) = (table.liveCount, table.tombstoneCount, table.records.count)
        #expect(live == model.values.count { !$0.update.isDelete })
        #expect(tombstones == model.values.count { $0.update.isDelete })
        #expect(count == model.count)
        for (key, expected) in model {
            guard let record = table[expected.id] else {
                check(false, "\(key.text) has no record")
                continue
            }
            check([UInt8](record.key) == key && record.version == expected.update.version, "\(key.text)")
            check(record.isEntry, "\(key.text) is an entry")
            records.append(record)
        }
        check(records.allSatisfy { $0.owners == 1 }, "the table alone owns its records")
    }

    @Test("An id without a key has no record, and a visit stops if the visitor returns false")
    func ids() {
        var table = KeyTable(hash: SipHash(key: (1, 2)))
        check(table[0] == nil, "an id that was never given")
        check(!table.isEntry(of: 7, 0, 1), "an entry that never was")
        for number in 0..<4 { _ = table.insert(Record(update([0x61 + UInt8(number)], 1), from: 0)) }
        var seen: [KeyID] = []
        table.forEach { id, _ in
            seen.append(id)
            return id < 2
        }
        #expect(seen == [0, 1, 2])
        check(!table.isEntry(of: 0, 1, 1), "another source's")
        check(!table.isEntry(of: 0, 0, 2), "another version")
    }

    @Test("Keys that differ in one byte, or are a prefix of each other, are different")
    func near() {
        var table = KeyTable(hash: SipHash(key: (1, 2)))
        var keys: [[UInt8]] = []
        withEvery(upTo: 4, over: [0x61, 0x62, 0xff] as [UInt8]) { if !$0.isEmpty { keys.append($0) } }
        for (number, key) in keys.enumerated() {
            let early = key.lend { table.find($0) }
            check(early == nil, "\(key) is found before it is there")
            _ = table.insert(Record(update(key, Version(number + 1)), from: 0))
        }
        for (number, key) in keys.enumerated() {
            let found = key.lend { table.find($0) }
            check(found == KeyID(number), "\(key)")
        }
    }
}
