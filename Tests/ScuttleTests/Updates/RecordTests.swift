import ScuttleJSON
import Testing

@testable import Scuttle

@Suite("Record")
struct RecordTests {
    private func examine(_ update: PlainUpdate) {
        let record = Record(update, from: 7)
        defer { record.release() }
        check([UInt8](record.key) == update.key, "key of \(update)")
        check([UInt8](record.value) == update.value, "value of \(update)")
        check(record.version == update.version, "version of \(update)")
        check(record.isDelete == update.isDelete, "isDelete of \(update)")
        check(record.source == 7, "source of \(update)")
        let line = record.line(from: update.source)
        check(line == update.line + "\n", "\(line) for \(update.line)")
        record.isEntry = true
        check(record.isEntry && record.version == update.version && record.kind == update.kind, "entry \(update)")
        record.isEntry = false
        check(!record.isEntry && record.version == update.version && record.kind == update.kind, "no entry \(update)")
    }

    @Test("The canonical lines")
    func lines() {
        let set = Record(PlainUpdate("k", "[1.50]", "A", 12), from: 0)
        let delete = Record(PlainUpdate(delete: "k\n", "A\"", 13), from: 0)
        #expect(set.line(from: [UInt8]("A".utf8)) == #"{"key":"k","value":[1.50],"source_id":"A","version":12}"# + "\n")
        #expect(
            delete.line(from: [UInt8]("A\"".utf8))
                == #"{"key":"k\n","value":null,"source_id":"A\"","version":13,"deleted":true}"# + "\n")
        set.release()
        delete.release()
    }

    @Test("All that was put in comes out, with and without escapes", arguments: 0..<30)
    func slices(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        for _ in 0..<20 {
            let key = random.text(1...(random.oneIn(10) ? 300 : 12))
            let source = random.text(1...6)
            let version = random.oneIn(4) ? Version.highest : Version(random.within(1...99_999))
            if random.oneIn(3) {
                examine(
                    PlainUpdate(
                        key: key, value: [UInt8]("null"), source: source, version: version,
                        kind: random.pick([.delete, .expiry])))
            } else {
                examine(
                    PlainUpdate(key: key, value: [UInt8]("\(random.below(1000))"), source: source, version: version))
            }
        }
    }

    @Test("What a record writes, the decoder reads as the same update", arguments: 0..<30)
    func decoded(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var decoder = MessageDecoder(limits: Limits())
        for _ in 0..<20 {
            var update = PlainUpdate(
                key: random.text(1...9), value: [UInt8](random.json().compact), source: random.text(1...4),
                version: Version(random.within(1...1 << 52)))
            update.kind = random.pick([.value, .value, .value, .delete, .expiry])
            if update.isDelete { update.value = [UInt8]("null") }
            let record = Record(update, from: 0)
            var read: PlainUpdate?
            let line = [UInt8](record.line(from: update.source).utf8.dropLast())
            let code = failure { () throws(Failure) in
                try line.lend { (line) throws(Failure) in
                    try decoder.decode(line) { (message) throws(Failure) in
                        if case .update(let update) = message { read = PlainUpdate(update) }
                    }
                }
            }
            check(code == nil, "\(update.line): \(String(describing: code))")
            check(read == update, "\(update.line) was read as \(String(describing: read))")
            record.release()
        }
    }

    @Test("Owners are counted")
    func owners() {
        let record = Record(PlainUpdate("k", "1", "A", 1), from: 0)
        #expect(record.owners == 1)
        record.retain()
        record.retain()
        #expect(record.owners == 3)
        record.release()
        record.release()
        #expect(record.owners == 1)
        #expect(record.key.text == "k")
        record.release()
    }
}
