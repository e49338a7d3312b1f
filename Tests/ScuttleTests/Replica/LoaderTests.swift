import ScuttleJSON
import Testing

@testable import Scuttle

/// Exports and what is made of them, whole and torn.
@Suite("Loader")
struct LoaderTests {
    /// A replica with a bit of everything: sources, tombstones, purged ones, what is ahead, times to live.
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
                let version = (replica.clock[source] ?? 0) + Version(random.within(1...3))
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

    private func expiries(_ replica: Replica) -> [String: UInt64] {
        var times: [String: UInt64] = [:]
        for record in replica.keys.records {
            if let time = replica.expiryTime(of: record) { times[record.key.text] = time }
        }
        return times
    }

    @Test("An export and the next life of the id are the same, but for the life", arguments: 0..<40)
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
        #expect(again.clockHash == replica.clockHash)
        #expect(again.life != replica.life)
        #expect(again.broken == nil)
        #expect(again.isNew == (replica.version == 0))
        // The order of arrival stays a good order: by version.
        #expect(try meet(again, Replica.make("z")) == nil)
        let third = try Replica.make("a", seed: 98)
        #expect(try third.load(again.exported()))
        #expect(third.allEntries == again.allEntries)
    }

    @Test("Under another id it has the same entries and clock, and issues nothing of the other's", arguments: 0..<10)
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

    @Test("Torn at every byte: its own id is refused, another takes the entries and claims nothing")
    func torn() throws {
        var random = TestRandom(seed: 5)
        let whole = try sample(&random).exported()
        let all = try Replica.make("all")
        #expect(try all.load(whole))
        let entries = Set(all.allEntries)
        let allClaims = claims(all)
        for count in 0..<whole.count {
            let text = Array(whole[..<count])
            let own = try Replica.make("a")
            let code = failure { () throws(Failure) in try own.load(text) }
            // Up to the end of the first line nothing says whose export it is; without its last newline it is whole.
            let firstLine = whole.lines[0].count
            let isWhole = count == whole.count - 1
            check(code == (count < firstLine || isWhole ? nil : .identity), "at \(count): \(String(describing: code))")

            let other = try Replica.make("other \(count)")
            let loaded = try other.load(text)
            let isComplete = isWhole || count == 0
            check(loaded == isComplete, "at \(count): \(loaded)")
            check(other.broken == nil, "at \(count): \(String(describing: other.broken))")
            check(entries.isSuperset(of: other.allEntries), "at \(count): other entries")
            if !isComplete { check(claims(other).isEmpty, "at \(count): \(claims(other))") }
            if isWhole { check(claims(other) == allClaims, "at \(count)") }
            guard count % 37 == 0 else { continue }
            // What it has is ahead of its clock, and it can be made whole by a peer.
            check(try meet(other, all) == nil, "at \(count)")
            check(other.walk() == all.walk(), "at \(count): \(other.walk())")
        }
    }

    @Test("With a line taken out, repeated or out of place an export is refused")
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

    @Test("Lines of updates alone are a state too, and all that they show is covered")
    func updatesAlone() throws {
        let updates = [
            PlainUpdate("x", "1", "a", 4), PlainUpdate(expiry: "z", "b", 7), PlainUpdate(delete: "w", "a", 2),
        ]
        let replica = try Replica.make()
        #expect(try replica.load([UInt8](updates.map { $0.line + "\n" }.joined())))
        #expect(replica.clock == ["a": 4, "b": 7])
        #expect(Set(replica.allEntries) == Set(updates))
        #expect(replica.broken == nil)
        // Its last line may lack its newline, or be torn.
        let text = [UInt8](updates.map(\.line).joined(separator: "\n"))
        for count in text.count - updates[2].line.utf8.count...text.count {
            let replica = try Replica.make()
            let isWhole = try replica.load(Array(text[..<count]))
            let hasAll = count == text.count
            check(isWhole == (hasAll || count == text.count - updates[2].line.utf8.count), "at \(count): \(isWhole)")
            check(replica.allEntries.count == (hasAll ? 3 : 2), "at \(count)")
        }
    }

    @Test("What is refused of a state is told")
    func refused() throws {
        func load(_ bodies: [String], _ adjust: (inout Configuration) -> Void = { _ in }) throws -> Failure.Code? {
            let replica = try Replica.make("a", adjust)
            let text = bodies.map { #"{"digest":true,\#($0)}"# + "\n" }.joined() + "\n\n"
            return failure { () throws(Failure) in try replica.load([UInt8](text)) }
        }
        let export = #""export":{"id":"b","lamport":9,"life":7}"#
        func clock(_ sources: String) -> String {
            #""clock":{"life":7,"epoch":0,"lamport":9,"since":0,"until":1,"sources":\#(sources),"from":0,"to":0}"#
        }
        #expect(try load([export, clock(#"{"x":5}"#), #""end":2"#]) == nil)
        #expect(try load([export, clock(#"{"x":5}"#), #""end":3"#]) == .message)
        #expect(try load([#""end":0"#]) == .message)
        #expect(try load([clock(#"{"x":5}"#), export]) == .message)
        #expect(try load([export, export]) == .message)
        #expect(try load([#""export":{"id":"","lamport":9,"life":7}"#, #""end":1"#]) == .id)
        #expect(try load([export, clock(#"{"":5}"#), #""end":2"#]) == .id)
        #expect(try load([export, clock(#"{"x":1,"y":1,"z":1}"#), #""end":2"#]) { $0.limits.sources = 3 } == .sources)
        #expect(try load([export, #""reject":{"reason":"cluster"}"#, #""end":1"#]) == .message)
        #expect(try load([export, #""ask":{"revision":0,"from":0}"#, #""end":1"#]) == .message)
    }
}
