import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Lines on both paths.
@Suite("CanonicalUpdate")
struct CanonicalUpdateTests {
    private func direct(_ line: String, _ limits: Limits = Limits()) -> PlainUpdate? {
        var paths = BothPaths(limits)
        return paths.takeDirectly(line: [UInt8](line))
    }

    private func isDirect(_ line: String, _ limits: Limits = Limits()) -> Bool {
        direct(line, limits) != nil
    }

    @Test("The forms of a line")
    func forms() {
        for update in [
            PlainUpdate("k", "[1.50]", "A", 12), PlainUpdate("k", "null", "A", 12), PlainUpdate(delete: "k", "A", 13),
            PlainUpdate(expiry: "k", "A", 13), PlainUpdate("é", "\"é\"", "ä", Version.highest),
        ] {
            #expect(direct(update.line) == update)
            let again = update.republished("B", Version.highest)
            #expect(direct(again.line) == again)
        }
    }

    @Test(
        "Versions",
        arguments: [
            ("1", true), ("9007199254740991", true), ("1234567890123456", true), ("0", false), ("-1", false),
            ("-0", false),
            ("01", false), ("1.0", false), ("1e3", false), ("9007199254740992", false), ("9999999999999999", false),
            ("12345678901234567", false), ("9223372036854775808", false), ("99999999999999999999", false), ("", false),
            ("\"1\"", false), ("null", false), ("1 ", false), (" 1", false),
        ])
    func versions(text: String, isRead: Bool) {
        for tail in ["}", #","deleted":true}"#, #","deleted":true,"expired":true}"#] {
            #expect(isDirect(#"{"key":"k","value":null,"source_id":"A","version":"# + text + tail) == isRead)
            let written = #"{"key":"k","value":null,"source_id":"A","version":5,"written":["B","# + text + "]"
            #expect(isDirect(written + tail) == isRead)
        }
    }

    @Test("Updates over a limit are left to jansson's path, which rejects them; updates at the limit are read")
    func limits() {
        var limits = Limits()
        (limits.valueBytes, limits.depth, limits.keyBytes) = (6, 2, 3)
        for (value, isRead) in [("123456", true), ("1234567", false), ("[[1]]", true), ("[[[]]]", false)] {
            #expect(isDirect(PlainUpdate("k", value, "A", 1).line, limits) == isRead, "\(value)")
        }
        // The replica judges keys and ids, whichever path read them.
        for (key, source) in [("", "A"), ("long key", "A"), ("k", ""), ("k", String(repeating: "A", count: 256))] {
            #expect(isDirect(PlainUpdate(key, "1", source, 1).line, limits))
        }
    }

    @Test(
        "Other spellings of an update are left to jansson",
        arguments: [
            #"{"key":"k","value":1,"version":1,"source_id":"A"}"#,
            #"{"value":1,"key":"k","source_id":"A","version":1}"#,
            #"{"key":"k","value":1,"source_id":"A","version":1,"deleted":false}"#,
            #"{"key":"k","value":1,"source_id":"A","version":1,"expired":true}"#,
            #"{"key":"k","value":1,"source_id":"A","version":1,"x":1}"#,
            #"{"key":"k","value":1,"source_id":"A","version":1,"digest":false}"#,
            #"{"key":"k\n","value":1,"source_id":"A","version":1}"#,
            #"{"key":"k","value":1,"source_id":"\u0041","version":1}"#,
            #"{"key":"k","value": 1,"source_id":"A","version":1}"#,
            #" {"key":"k","value":1,"source_id":"A","version":1}"#,
            "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\r",
            #"{"ke\u0079":"k","value":1,"source_id":"A","version":1}"#,
            #"{"key":"k","value":null,"source_id":"A","version":1,"expired":true,"deleted":true}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":["\u0042",3]}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":["B", 3]}"#,
            #"{"key":"k","value":1,"written":["B",3],"source_id":"A","version":5}"#,
            #"{"key":"k","value":null,"source_id":"A","version":5,"deleted":true,"written":["B",3]}"#,
            #"{"digest":true,"source_id":"A","id":"A","version":12}"#, #"{"digest":true,"done":true}"#, "", " ",
        ])
    func others(line: String) {
        #expect(!isDirect(line))
        var decoder = JanssonJudge(limits: Limits())
        #expect(
            failure { () throws(Failure) in
                try line.lend { (line) throws(Failure) in try decoder.read(line) { _ in } }
            } == nil)
    }

    @Test(
        "Not an update, for both",
        arguments: [
            #"{"key":"k","value":1,"source_id":"A","version":1,"deleted":true}"#,
            #"{"key":"k","value":nul,"source_id":"A","version":1,"deleted":true}"#,
            #"{"key":"k","value":1,"source_id":"A","version":1,"deleted":true,"deleted":true}"#,
            #"{"key":"k","value":1,"source_id":"A","version":1}}"#,
            #"{"key":"k","value":1,"source_id":"A","version":1}x"#,
            #"{"key":"k","value":1,"source_id":"A","version":1,}"#,
            #"{"key":"k","value":,"source_id":"A","version":1}"#,
            #"{"key":k,"value":1,"source_id":"A","version":1}"#, #"{"key":"k","value":1"source_id":"A","version":1}"#,
            #"{"key":"k","value":1,"source_id":"A","version":1,"key":"k"}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":["B",3,4]}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":["B"]}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":[]}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":[3,"B"]}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":["B",0]}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":["B",3],"written":["B",3]}"#,
            #"{"key":"k","value":1,"source_id":"A","version":5,"written":null}"#,
            "{\"key\":\"\0\",\"value\":1,\"source_id\":\"A\",\"version\":1}",
            "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\0",
        ])
    func refused(line: String) {
        #expect(!isDirect(line))
    }

    @Test("A line cut anywhere, and a line with any one byte changed")
    func everyByte() {
        var paths = BothPaths()
        for update in [
            PlainUpdate("ké", #"{"a":[1,"b"]}"#, "A", 12), PlainUpdate(expiry: "k", "A", 13),
            PlainUpdate("k", "1", "B", 9).republished("A", 13), PlainUpdate(delete: "k", "B", 9).republished("A", 13),
        ] {
            let line = [UInt8](update.line)
            for place in line.indices {
                #expect(paths.takeDirectly(line: Array(line[..<place])) == nil)
                for byte in UInt8.min...UInt8.max {
                    var changed = line
                    changed[place] = byte
                    _ = paths.takeDirectly(line: changed)
                }
            }
        }
    }

    /// 100,000 lines: a third as they were written, the others with a few changes.
    @Test("Random lines, unchanged and changed", arguments: 0..<50)
    func random(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var paths = BothPaths()
        var tight = Limits()
        (tight.depth, tight.valueBytes) = (2, 30)
        var tightPaths = BothPaths(tight)
        var (accepted, changed) = (0, 0)
        for _ in 0..<2000 {
            var line = [UInt8](random.update().line)
            let changes = random.below(3)
            for _ in 0..<changes { random.change(&line) }
            if random.oneIn(8) { _ = tightPaths.takeDirectly(line: line) }
            guard paths.takeDirectly(line: line) != nil else { continue }
            accepted += 1
            changed += changes > 0 ? 1 : 0
        }
        // Both results are common, changed lines included; otherwise the test shows nothing.
        check(accepted > 500 && accepted < 1500, "\(accepted) accepted")
        check(changed > 50, "\(changed) changed lines accepted")
    }

    @Test(
        "The fast path reads every update of this library that has keys and ids without escapes and simple values",
        arguments: 0..<20)
    func written(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        var paths = BothPaths()
        let replica = try Replica.make("replica-é-\(seed)")
        try replica.tick(0)
        for number in 0..<100 {
            let key = "key/\(random.simpleText())/\(number % 40)"
            try replica.set(key, random.simpleJSON(depth: 3))
            if random.oneIn(5) { try replica.delete(key) }
            try key.lend { (key) throws(Failure) in
                if random.oneIn(5) { try replica.set(key, to: Bytes("\"short-lived\""), for: 1) }
                if random.oneIn(5) { try replica.set(key, to: Bytes("\"long-lived\""), for: .highest) }
            }
        }
        try replica.tick(1 << 40)
        // A peer without its state makes it republish its entries.
        var peer = PeerState()
        peer.note(0, covered: 0, purged: replica.version + 1, in: replica)
        let half = replica.version / 2
        peer.note(0, covered: half, in: replica)
        if seed % 2 == 0 { replica.republish(against: peer) }
        var kinds: Set<Update.Kind> = []
        var (republished, leases) = (0, 0)
        for line in replica.exported().lines where line.starts(with: [UInt8](#"{"key""#)) {
            let update = paths.takeDirectly(line: line)
            check(update != nil, "left to jansson: \(line.text)")
            if var update {
                leases += update.timeToLive == nil ? 0 : 1
                (update.timeToLive, update.age) = (nil, 0)
                check(update == replica.entry(update.key.text), "\(update)")
                kinds.insert(update.kind)
                republished += update.written == nil || update.kind == .expiry ? 0 : 1
            }
        }
        #expect((republished > 0) == (seed % 2 == 0))
        #expect(leases > 0)
        #expect(kinds == [.value, .delete, .expiry])
    }
}
