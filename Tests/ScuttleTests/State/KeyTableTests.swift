import Testing

@testable import Scuttle

@Suite("KeyTable")
struct KeyTableTests {
    @Test("As a dictionary, under random writes and deletes", arguments: 0..<10)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var table = KeyTable(hash: SipHash(key: (random.next(), random.next())))
        var model: [[UInt8]: (id: KeyID, update: PlainUpdate)] = [:]
        for version in 1...600 as ClosedRange<Version> {
            let key = random.bytes(random.within(1...2), of: Array(0x61...0x6c))
            let isDelete = random.oneIn(4)
            let update = PlainUpdate(
                key: key, value: [UInt8](isDelete ? "null" : "\(version)"), source: [0x41], version: version,
                isDelete: isDelete)
            let found = key.lend { table.find($0) }
            check(found == model[key]?.id, "\(key.text) is found as \(String(describing: found))")
            if let id = found {
                let old = table.replace(id, with: Record(update, from: 0))
                check(old.version == model[key]?.update.version, "the old record of \(key.text)")
                old.release()
                model[key] = (id, update)
            } else {
                let id = table.insert(Record(update, from: 0))
                check(id == KeyID(model.count), "ids ascend")
                model[key] = (id, update)
            }
        }
        let (count, live) = (table.count, table.liveCount)
        #expect(count == model.count)
        #expect(live == model.values.filter { !$0.update.isDelete }.count)
        for (key, expected) in model {
            let record = table[expected.id]
            check([UInt8](record.key) == key && record.version == expected.update.version, "\(key.text)")
        }
    }

    @Test("Keys that differ in one byte, or are a prefix of each other, are others")
    func near() {
        var table = KeyTable(hash: SipHash(key: (1, 2)))
        var keys: [[UInt8]] = []
        withEvery(upTo: 4, over: [0x61, 0x62, 0xff] as [UInt8]) { if !$0.isEmpty { keys.append($0) } }
        for (number, key) in keys.enumerated() {
            let early = key.lend { table.find($0) }
            check(early == nil, "\(key) is found before it is there")
            _ = table.insert(
                Record(PlainUpdate(key: key, value: [0x31], source: [0x41], version: Version(number + 1)), from: 0))
        }
        for (number, key) in keys.enumerated() {
            let found = key.lend { table.find($0) }
            check(found == KeyID(number), "\(key)")
        }
    }
}
