import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

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
        check(!record.isRepublished, "\(update) is under its first dot")
        check(record.timestamp == Timestamp(version: update.version, source: 7), "timestamp of \(update)")
        check(record.dot == Dot(source: 7, version: update.version), "dot of \(update)")
        let line = record.line(of: Array(repeating: [0x41], count: 7) + [update.source])
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
        #expect(set.line(of: [[UInt8]("A")]) == #"{"key":"k","value":[1.50],"source_id":"A","version":12}"# + "\n")
        #expect(
            delete.line(of: [[UInt8]("A\"")])
                == #"{"key":"k\n","value":null,"source_id":"A\"","version":13,"deleted":true}"# + "\n")
        set.release()
        delete.release()
    }

    @Test("A record returns its fields, with and without escapes", arguments: 0..<30)
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

    @Test("The decoder reads the line of a record as the same update", arguments: 0..<30)
    func decoded(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var decoder = JanssonJudge(limits: Limits())
        for _ in 0..<20 {
            var update = PlainUpdate(
                key: random.text(1...9), value: [UInt8](random.json().compact), source: random.text(1...4),
                version: Version(random.within(1...1 << 52)))
            update.kind = random.pick([.value, .value, .value, .delete, .expiry])
            if update.isDelete { update.value = [UInt8]("null") }
            if random.oneIn(2) {
                update = update.republished(random.text(1...4).text, update.version + Version(random.within(1...99)))
            }
            if random.oneIn(2), !update.isDelete {
                update = update.living(
                    for: random.pick([0, 30_000, .highest]), age: random.pick([0, 1, 500, .highest]))
            }
            let record = Record(update, from: 0, writer: 1)
            var read: PlainUpdate?
            let line = [UInt8](record.line(of: [update.source, update.writer]).utf8.dropLast())
            let code = failure { () throws(Failure) in
                try line.lend { (line) throws(Failure) in
                    try decoder.read(line) { (message) throws(Failure) in
                        if case .update(let update) = message { read = PlainUpdate(update) }
                    }
                }
            }
            check(code == nil, "\(update.line): \(String(describing: code))")
            check(read == update, "\(update.line) was read as \(String(describing: read))")
            record.release()
        }
    }

    @Test("A republished update has a dot and a timestamp, whatever the length of its texts")
    func republished() {
        for length in 0...40 {
            let text = String(repeating: "x", count: length)
            for update in [
                PlainUpdate("k" + text, "1", "A", 3), PlainUpdate("k", "\"\(text)\"", "A", .highest - 1),
                PlainUpdate(delete: "k" + text, "A", 3), PlainUpdate(expiry: "k" + text, "A", 3),
            ] {
                let again = update.republished("B", .highest)
                let record = Record(again, from: 0, writer: 1)
                check(record.isRepublished, "\(again)")
                check(record.dot == Dot(source: 0, version: .highest), "dot of \(again)")
                let timestamp = Timestamp(version: update.version, source: 1)
                check(record.timestamp == timestamp, "timestamp of \(again)")
                check([UInt8](record.key) == again.key && [UInt8](record.value) == again.value, "texts of \(again)")
                check(record.kind == again.kind && record.isDelete == again.isDelete, "kind of \(again)")
                let line = record.line(of: [again.source, again.writer])
                check(line == again.line + "\n", "\(line) for \(again.line)")
                record.isEntry = true
                check(record.timestamp == timestamp && record.kind == again.kind, "entry \(again)")
                record.release()
            }
        }
    }

    @Test("The canonical lines of republished updates")
    func republishedLines() {
        let set = PlainUpdate("k", "[1.50]", "A\"", 3).republished("B", 12)
        let delete = PlainUpdate(expiry: "k", "A\"", 3).republished("B", 13)
        let lines = [set, delete].map { update in
            let record = Record(update, from: 1, writer: 2)
            defer { record.release() }
            return record.line(of: [[UInt8]("own"), [UInt8]("B"), [UInt8]("A\"")])
        }
        #expect(lines[0] == #"{"key":"k","value":[1.50],"source_id":"B","version":12,"written":["A\"",3]}"# + "\n")
        #expect(
            lines[1]
                == #"{"key":"k","value":null,"source_id":"B","version":13,"written":["A\"",3],"deleted":true,"expired":true}"#
                + "\n")
    }

    @Test("A time to live lies behind the timestamp, and the earlier begin of two copies counts")
    func leases() {
        let write = PlainUpdate("k", "1", "A", 3)
        let clock = LeaseClock()
        for update in [write, write.republished("B", 9)] {
            let (younger, older) = (
                Record(update.living(for: 50), from: 0, writer: 1),
                Record(update.living(for: 50, age: 7), from: 0, writer: 1)
            )
            check(younger.isRepublished == (update.written != nil) && younger.hasTail, "\(update)")
            check(younger.lease == clock.lease(for: 50), "\(update)")
            older.takeLease(over: younger)
            check(older.lease == clock.lease(for: 50, age: 7), "\(update)")
            younger.takeLease(over: older)
            check(younger.lease == clock.lease(for: 50, age: 7), "\(update)")
            let line = younger.line(of: [update.source, update.writer])
            check(line == update.living(for: 50, age: 7).line + "\n", line)
            let ever = Record(update, from: 0, writer: 1)
            check(ever.lease == nil && ever.hasTail == ever.isRepublished, "\(update)")
            ever.takeLease(over: older)
            older.takeLease(over: ever)
            check(ever.lease == nil && older.lease == clock.lease(for: 50, age: 7), "\(update)")
            for record in [younger, older, ever] { record.release() }
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
