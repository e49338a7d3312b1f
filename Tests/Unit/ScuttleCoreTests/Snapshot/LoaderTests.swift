import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Exports, and loads of them, whole and truncated.
@Suite("Loader")
struct LoaderTests {
    /// Returns a replica with sources, tombstones, purged ones, out-of-order entries and times to live.
    private func sample(_ random: inout TestRandom, _ id: String = "a") throws -> Replica {
        let replica = try Replica.make(id, seed: random.next()) { $0.keepsTombstones = true }
        try replica.tick(1000)
        for number in 0..<random.within(1...60) {
            let key = random.text(1...3).text
            switch random.below(8) {
            case 0...1: try replica.set(key, "[\(number)]")
            case 2: try replica.delete(key)
            case 3:
                try key.lend { (key) throws(Failure) in
                    try replica.set(key, to: Bytes("true"), for: UInt64(random.below(500)))
                }
            case 4 where random.oneIn(4): _ = try replica.purge()
            default:
                let source = random.pick(["x", "y\n"])
                let version = (replica.vector[source] ?? 0) + Version(random.within(1...3))
                try replica.receive(PlainUpdate(key, "\(number)", source, version))
            }
        }
        return replica
    }

    private func claims(_ replica: Replica) -> [String: [Version]] {
        var claims: [String: [Version]] = [:]
        for id in 0..<SourceID(replica.sources.count) where replica.sources[id].covered > 0 {
            let source = replica.sources[id]
            claims[source.id.text] = [source.covered, source.purged]
        }
        return claims
    }

    /// Returns the rest of each time to live.
    private func expiries(_ replica: Replica) -> [String: UInt64] {
        var times: [String: UInt64] = [:]
        for item in replica.expiries.items where replica.isCurrent(item) {
            if let record = replica.keys[item.key] { times[record.key.text] = item.priority - replica.leases.time }
        }
        return times
    }

    @Test(
        "An export and the next incarnation of an exact source are equal, except the incarnation", arguments: 0..<40
    )
    func roundTrip(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try sample(&random)
        let again = try Replica.make("a", seed: 99)
        #expect(again.isNew)
        #expect(try again.load(replica.exported()))
        #expect(again.allEntries == replica.allEntries)
        #expect(claims(again) == claims(replica))
        #expect(expiries(again) == expiries(replica))
        #expect(again.version == replica.version)
        #expect(again.dotHash == replica.dotHash)
        #expect(again.incarnation != replica.incarnation)
        #expect(again.broken == nil)
        #expect(again.isNew == (replica.version == 0))
        // The order of arrival is a valid one: by version.
        #expect(try meet(again, Replica.make("z")) == nil)
        let third = try Replica.make("a", seed: 98)
        #expect(try third.load(again.exported()))
        #expect(third.allEntries == again.allEntries)
    }

    @Test(
        "Under another id it has the same entries and vector, and issues no version of the other source",
        arguments: 0..<10)
    func another(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try sample(&random)
        let other = try Replica.make("other")
        #expect(try other.load(replica.exported()))
        #expect(other.allEntries == replica.allEntries)
        var expected = claims(replica)
        expected["other"] = nil
        #expect(claims(other) == expected)
        try other.set("new", "1")
        #expect(other.entry("new")?.source.text == "other")
        #expect(other.version == replica.version + 1)
        #expect(other.broken == nil)
    }

    @Test("Truncated at every byte, under any name: its entries are loaded, and it claims nothing of others")
    func torn() throws {
        var random = TestRandom(seed: 5)
        let whole = try sample(&random).exported()
        let all = try Replica.make("all")
        #expect(try all.load(whole))
        let entries = Set(all.allEntries)
        let allClaims = claims(all)
        for count in 0..<whole.count {
            let text = Array(whole[..<count])
            let isWhole = count == whole.count - 1
            let isComplete = isWhole || count == 0
            for name in ["a", "other \(count)"] {
                let again = try Replica.make(name)
                let loaded = try again.load(text)
                check(loaded == isComplete, "\(name) at \(count): \(loaded)")
                check(again.broken == nil, "\(name) at \(count): \(String(describing: again.broken))")
                check(entries.isSuperset(of: again.allEntries), "\(name) at \(count): other entries")
                var mine = claims(again)
                // An exact source may claim the versions that it has issued itself.
                if !isWhole { mine[name] = nil }
                check(mine == (isWhole ? allClaims : [:]), "\(name) at \(count): \(mine)")
            }
            guard count % 37 == 0 else { continue }
            // Its entries are above its vector, and a peer can complete it.
            for name in ["a", "other"] {
                let again = try Replica.start(name, seed: UInt64(count) + 2, from: text)
                check(try meet(again, all) == nil, "\(name) at \(count)")
                check(again.walk() == all.walk(), "\(name) at \(count): \(again.walk())")
            }
        }
    }

    @Test("An export with a line removed, repeated or misplaced is rejected")
    func damaged() throws {
        var random = TestRandom(seed: 6)
        let lines = try sample(&random).exported().lines.dropLast().map { $0 }
        func load(_ lines: [[UInt8]]) throws -> (whole: Bool?, code: Failure.Code?) {
            let replica = try Replica.make("other")
            var whole: Bool?
            let code = failure { () throws(Failure) in whole = try replica.load(lines.flatMap { $0 + [0x0a] }) }
            return (whole, code)
        }
        #expect(try load(lines).whole == true)
        for index in 1..<lines.count - 1 {
            var without = lines
            without.remove(at: index)
            check(try load(without).code == .message, "without line \(index)")
            var twice = lines
            twice.insert(lines[index], at: index)
            check(try load(twice).code != nil, "with line \(index) twice")
        }
        #expect(try load(Array(lines.dropLast())).whole == false)
        #expect(try load(lines + [lines[0]]).code == .message)
        #expect(try load(Array(lines.dropFirst())).code == .message)
    }

    @Test("Lines of updates alone are a state too, which claims nothing")
    func updatesAlone() throws {
        let updates = [
            PlainUpdate("x", "1", "a", 4), PlainUpdate(expiry: "z", "b", 7), PlainUpdate(delete: "w", "a", 2),
        ]
        let replica = try Replica.make()
        #expect(try replica.load([UInt8](updates.map { $0.line + "\n" }.joined())))
        #expect(replica.vector.isEmpty)
        #expect(replica.version == 7)
        #expect(Set(replica.allEntries) == Set(updates))
        #expect(replica.broken == nil)
        // Its last line may lack its newline, or be truncated.
        let text = [UInt8](updates.map(\.line).joined(separator: "\n"))
        for count in text.count - updates[2].line.utf8.count...text.count {
            let replica = try Replica.make()
            let isWhole = try replica.load(Array(text[..<count]))
            let hasAll = count == text.count
            check(isWhole == (hasAll || count == text.count - updates[2].line.utf8.count), "at \(count): \(isWhole)")
            check(replica.allEntries.count == (hasAll ? 3 : 2), "at \(count)")
        }
    }

    @Test("Rejected lines of a state are errors")
    func refused() throws {
        func load(_ bodies: [String], _ adjust: (inout Configuration) -> Void = { _ in }) throws -> Failure.Code? {
            let replica = try Replica.make("a", adjust)
            let text = bodies.map { #"{"digest":true,\#($0)}"# + "\n" }.joined() + "\n\n"
            return failure { () throws(Failure) in try replica.load([UInt8](text)) }
        }
        let export = #""export":{"source":"b","lamport":9,"incarnation":7}"#
        func vector(_ sources: String) -> String {
            #""vector":{"incarnation":7,"epoch":0,"nonce":0,"lamport":9,"since":0,"until":1,"sources":\#(sources),"from":0,"to":0}"#
        }
        #expect(try load([export, vector(#"{"x":5}"#), #""end":2"#]) == nil)
        #expect(try load([export, vector(#"{"x":5}"#), #""end":3"#]) == .message)
        #expect(try load([#""end":0"#]) == .message)
        #expect(try load([vector(#"{"x":5}"#), export]) == .message)
        #expect(try load([export, export]) == .message)
        #expect(try load([#""export":{"source":"","lamport":9,"incarnation":7}"#, #""end":1"#]) == .id)
        #expect(try load([export, vector(#"{"":5}"#), #""end":2"#]) == .id)
        #expect(try load([export, vector(#"{"x":1,"y":1,"z":1}"#), #""end":2"#]) { $0.limits.sources = 3 } == .sources)
        for body in [
            #""reject":{"reason":"cluster"}"#, #""request":{"revision":0,"from":0}"#, #""twin":true"#,
            HandPeer.hello(), HandPeer.cover(""), HandPeer.commit(""), #""delta":{"mode":"log","request":[1,2,3]}"#,
        ] {
            #expect(try load([export, body, #""end":1"#]) == .message)
        }
    }

    @Test("A start from any save, under any name and of any age, is no clash of identities", arguments: 0..<10)
    func starts(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let peer = try Replica.make("peer")
        var saves: [[UInt8]] = []
        var replica = try Replica.start("a", seed: 100)
        for number in 0..<6 {
            try replica.set("k\(random.below(4))", "\(number)")
            if random.oneIn(2) { #expect(try meet(replica, peer) == nil) }
            saves.append(replica.exported())
            try replica.set("since \(number)", "1")
            #expect(try meet(replica, peer) == nil)
            // It starts again, from any of its saves, or from a part of one.
            var save = random.pick(saves)
            if random.oneIn(3) { save = Array(save.prefix(random.below(save.count))) }
            replica = try Replica.start("a", seed: UInt64(number + 101), from: save)
            #expect(replica.broken == nil)
            #expect(try meet(replica, peer) == nil)
            #expect(replica.walk() == peer.walk())
        }
    }

    @Test("A republished update keeps its timestamp")
    func republished() throws {
        let replica = try Replica.make("a")
        let write = PlainUpdate("k", "1", "x", 4)
        try replica.receive(write.republished("y", 9))
        let again = try Replica.make("a", seed: 99)
        #expect(try again.load(replica.exported()))
        #expect(again.entry("k") == write.republished("y", 9))
        #expect(again.vector == replica.vector)
        #expect(again.vector["x"] == nil)
        // Of two copies in one file the newer dot stays.
        for order in [[0, 1], [1, 0]] {
            let both = try Replica.make("b")
            let lines = order.map { [write, write.republished("y", 9)][$0].line + "\n" }
            #expect(try both.load([UInt8](lines.joined())))
            #expect(both.entry("k") == write.republished("y", 9))
        }
    }
}
