import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("JanssonJudge")
struct JanssonJudgeTests {
    private enum Decoded: Equatable {
        case update(PlainUpdate)
        case digest(String, Version, isDone: Bool)
        case done
        case nothing
        case extended
        case refused(Failure.Code)
    }

    private func decode(_ line: [UInt8], _ decoder: inout JanssonJudge) -> Decoded {
        var decoded = Decoded.nothing
        var taken = 0
        let code = failure { () throws(Failure) in
            try line.lend { (line) throws(Failure) in
                try decoder.read(line) { (message) throws(Failure) in
                    taken += 1
                    decoded =
                        switch message {
                        case .update(let update): .update(PlainUpdate(update))
                        case .digest(let source, let version, let isDone): .digest(source.text, version, isDone: isDone)
                        case .done: .done
                        case .nothing: .nothing
                        default: .extended
                        }
                }
            }
        }
        check(taken == (code == nil ? 1 : 0), "\(line.text): handed on \(taken) times")
        return code.map { .refused($0) } ?? decoded
    }

    private func decode(_ line: String) -> Decoded {
        var decoder = JanssonJudge(limits: Limits())
        return decode([UInt8](line), &decoder)
    }

    @Test("Digests, in both spellings and in any order of members")
    func digests() {
        let digest = Decoded.digest("A", 5, isDone: false)
        #expect(decode(#"{"digest":true,"source_id":"A","id":"A","version":5}"#) == digest)
        #expect(decode(#"{"version":5,"id":"A","digest":true}"#) == digest)
        #expect(decode(#"{"source_id":"A","version":5,"digest":true,"x":[{"digest":false}]}"#) == digest)
        #expect(decode(#"{"digest":true,"id":"A","version":0,"done":true}"#) == .digest("A", 0, isDone: true))
        #expect(decode(#"{"digest":true,"done":true}"#) == .done)
        #expect(decode(#"{"digest":true,"done":true,"x":1}"#) == .done)
        #expect(decode(#"{"digest":true,"later":1}"#) == .nothing)
        #expect(decode(#"{"digest":true,"done":false,"later":1}"#) == .nothing)
        #expect(decode(#"{"digest":true,"done":false}"#) == .refused(.message))
        #expect(decode(#"{"digest":true,"id":"A","source_id":"B","version":5}"#) == .refused(.message))
    }

    @Test("A delete has the value null, which may be missing, as JavaScript's undefined is")
    func deletes() {
        func delete(_ value: String) -> Decoded {
            decode(#"{"key":"k",\#(value)"source_id":"A","version":3,"deleted":true}"#)
        }
        for value in [#""value":null,"#, ""] {
            #expect(delete(value) == .update(PlainUpdate(delete: "k", "A", 3)))
        }
        for value in [#""value":1,"#, #""value":false,"#, #""value":"null","#, #""value":[null],"#] {
            #expect(delete(value) == .refused(.message))
        }
    }

    @Test("Lines of white space mean nothing", arguments: ["", " ", "\t", "\r", " \r\t "])
    func blank(line: String) {
        #expect(decode(line) == .nothing)
    }

    @Test(
        "Random updates, with members in any order, unknown ones among them, and white space anywhere",
        arguments: 0..<40)
    func updates(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var decoder = JanssonJudge(limits: Limits())
        for _ in 0..<10 {
            let value = random.json()
            let update = PlainUpdate(
                key: random.text(1...9), value: [UInt8](value.compact), source: random.text(1...5),
                version: Version(random.within(1...Int(Version.highest))))
            var members: [[String]] = [
                ["\"key\"", ":", quote(update.key)],
                [random.oneIn(3) ? #""v\u0061lue""# : "\"value\"", ":"] + value.tokens,
                ["\"source_id\"", ":", quote(update.source)],
                ["\"version\"", ":", "\(update.version)"],
            ]
            for (name, value) in [("x", random.json()), ("done", random.json()), ("id", random.json())] {
                if random.oneIn(3) { members.append(["\"\(name)\"", ":"] + value.tokens) }
            }
            if random.oneIn(3) { members.append(["\"digest\"", ":", "false"]) }
            if random.oneIn(3) { members.append(["\"deleted\"", ":", "false"]) }
            members.shuffle(using: &random)
            let line = JSONTokens(tokens: ["{"] + members.joined(separator: [","]) + ["}"])
            for text in [line.compact, line.spaced(&random)] {
                check(decode([UInt8](text), &decoder) == .update(update), "\(text): \(decode([UInt8](text), &decoder))")
            }
        }
    }

    @Test(
        "Lines with a few bytes changed: an accepted message can be written and read again unchanged", arguments: 0..<40
    )
    func mutated(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var decoder = JanssonJudge(limits: Limits())
        let lines = [
            #"{"key":"k\n","value":{"a":[1,2.50,null]},"source_id":"A","version":12}"#,
            #"{"key":"k","value":null,"source_id":"A","version":13,"deleted":true}"#,
            #"{"digest":true,"source_id":"A","id":"A","version":12}"#,
            #"{"digest":true,"done":true}"#,
        ].map { [UInt8]($0) }
        for _ in 0..<60 {
            var line = random.pick(lines)
            for _ in 0..<random.within(1...3) {
                switch random.below(4) {
                case 0: line.remove(at: random.below(line.count))
                case 1: line.insert(random.pick([UInt8]("{}[]\",:\\0e-. tu")), at: random.below(line.count + 1))
                case 2: line[random.below(line.count)] = UInt8(random.below(256))
                default: line[random.below(line.count)] ^= 1 << UInt8(random.below(8))
                }
            }
            guard case .update(let update) = decode(line, &decoder) else { continue }
            let again = decode([UInt8](update.line), &decoder)
            check(again == .update(update), "\(line.text) was \(update), then \(again)")
        }
    }

    @Test("A line that is cut anywhere is rejected, and so is a line with further text behind it")
    func cut() {
        for line in [
            #"{"key":"k","value":{"a":[1,2]},"source_id":"A","version":12}"#, #"{"digest":true,"done":true}"#,
        ] {
            var decoder = JanssonJudge(limits: Limits())
            let bytes = [UInt8](line)
            for count in 1..<bytes.count {
                check(decode(Array(bytes[..<count]), &decoder) == .refused(.json), "cut at \(count)")
            }
            for tail in ["x", "{}", ",", "}", "\u{0}"] {
                check(decode([UInt8](line + tail), &decoder) == .refused(.json), "with \(tail) behind it")
            }
        }
    }

    @Test("The value may be as deep as max_depth, other members only as deep as messages are")
    func depth() {
        func nested(_ depth: Int, in name: String) -> String {
            let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            return #"{"key":"k","value":1,"source_id":"A","version":1,"x":1}"#
                .replacing("\"\(name)\":1", with: "\"\(name)\":\(value)")
        }
        for name in ["value", "x"] {
            if case .refused(let code) = decode(nested(64, in: name)) { check(false, "\(name): \(code)") }
            #expect(decode(nested(65, in: name)) == (name == "value" ? .extended : .refused(.depth)))
            #expect(decode(nested(1025, in: name)) == .refused(.depth))
        }
        #expect(decode(String(repeating: "[", count: 1_000_000)) == .refused(.depth))
        #expect(decode(String(repeating: "{\"a\":", count: 100_000)) == .refused(.depth))
    }
}
