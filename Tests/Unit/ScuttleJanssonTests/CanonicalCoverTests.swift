import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Covers on both paths: jansson reads every cover that the fast path reads, with the same meaning.
@Suite("CanonicalCover")
struct CanonicalCoverTests {
    private struct PlainCover: Equatable {
        struct Interval: Equatable {
            let source: [UInt8]
            let numbers: [Version]
        }

        let intervals: [Interval]
        let check: LineCheck

        init(_ cover: Cover) {
            intervals = cover.claims.map {
                Interval(source: [UInt8]($0.source), numbers: [$0.since, $0.covered, $0.leftOut])
            }
            check = cover.check
        }
    }

    /// Returns the cover that the fast path reads from a line, after a comparison with jansson.
    private func direct(_ line: [UInt8]) -> PlainCover? {
        line.lend { line in
            var decoder = JanssonJudge(limits: Limits())
            var judged: PlainCover?
            let code = failure { () throws(Failure) in
                try decoder.judge(line) { message in
                    if case .cover(let cover) = message { judged = PlainCover(cover) }
                }
            }
            let direct = CanonicalCover.read(line).map { PlainCover($0) }
            if let direct {
                check(direct == judged, "\(line.text): \(direct), but jansson says \(String(describing: judged))")
            }
            var both: PlainCover?
            let bothCode = failure { () throws(Failure) in
                try decoder.read(line) { message in
                    if case .cover(let cover) = message { both = PlainCover(cover) }
                }
            }
            check(both == judged && bothCode == code, "\(line.text): \(String(describing: bothCode))")
            return direct
        }
    }

    private func cover(_ body: String, lines: String = #"[3,"00ab12cd"]"#) -> [UInt8] {
        [UInt8](#"{"digest":true,"cover":{\#(body)},"lines":\#(lines)}"#)
    }

    @Test("The forms that this library writes")
    func forms() {
        for body in [#""A":[0,1]"#, #""A":[2,12],"B":[0,9,7]"#, #""é":[5,5,5]"#, #""A":[0,9007199254740991]"#] {
            #expect(direct(cover(body)) != nil)
        }
        // Intervals without updates have no lines.
        #expect(direct(cover("", lines: #"[0,"00000000"]"#)) != nil)
        let sixteen = (0..<16).map { #""s\#($0)":[0,\#($0)]"# }
        #expect(direct(cover(sixteen.joined(separator: ","))) != nil)
    }

    @Test(
        "Covers that are left to jansson",
        arguments: [
            #""A":[0]"#, #""A":[2,1]"#, #""A":[0,1,2]"#, #""A":[0,5,1,1]"#, #""A":[0,9007199254740992]"#,
            #""A":[0,1],"A":[1,2]"#, #""A":[-1,1]"#, #""A":[0,01]"#, #""A":[0,1.0]"#, #""A":[0, 1]"#, #""A" :[0,1]"#,
            #""\u0041":[0,1]"#, #""A":5"#, #""A":[0,1],"#, #"A:[0,1]"#, #""A":[0,1]}"#, #""A":[0,1]},"x":{"#,
            #""A":[0,1] "#,
        ])
    func others(body: String) {
        #expect(direct(cover(body)) == nil)
    }

    @Test(
        "Its lines: a count up to 2^53-1, and eight digits in lower case",
        arguments: [
            (#"[0,"00000000"]"#, true), (#"[9007199254740991,"ffffffff"]"#, true), (#"[1,"0123cdef"]"#, true),
            (#"[9007199254740992,"00000000"]"#, false), (#"[-1,"00000000"]"#, false), (#"[01,"00000000"]"#, false),
            (#"[1,"0000000"]"#, false), (#"[1,"000000000"]"#, false), (#"[1,"0000000A"]"#, false),
            (#"[1,"0000000g"]"#, false), (#"[1,"\u0030000000"]"#, false), (#"[1, "00000000"]"#, false),
            (#"[1,00000000]"#, false), (#"[1]"#, false), (#"[]"#, false), ("1", false),
            (#"[1,"00000000"],"x":1"#, false),
        ])
    func lines(text: String, isRead: Bool) throws {
        let read = direct(cover(#""A":[0,1]"#, lines: text))
        #expect((read != nil) == isRead)
        if let read, text.hasPrefix("[1,") { #expect(read.check == LineCheck(count: 1, hash: 0x0123_cdef)) }
    }

    @Test("A cover without its lines is left to jansson's path, which rejects it")
    func withoutLines() {
        #expect(direct([UInt8](#"{"digest":true,"cover":{"A":[0,1]}}"#)) == nil)
    }

    @Test("More sources than are compared pairwise")
    func many() {
        #expect(direct(cover((0..<17).map { #""s\#($0)":[0,\#($0)]"# }.joined(separator: ","))) == nil)
    }

    @Test("Every byte of a line changed to every other, removed, or repeated")
    func everyByte() {
        let line = cover(#""A":[0,12],"Bé":[3,9,7]"#)
        #expect(direct(line) != nil)
        for place in line.indices {
            for byte in 0...255 as ClosedRange<UInt8> {
                var changed = line
                changed[place] = byte
                _ = direct(changed)
            }
            _ = direct(Array(line[..<place]) + line[(place + 1)...])
            _ = direct(Array(line[...place]) + line[place...])
            _ = direct(Array(line[..<place]))
        }
    }

    @Test("The fast path reads the covers of a replica with few sources", arguments: 0..<20)
    func written(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try Replica.make("a") { $0.maxHistory = 1000 }
        for number in 0..<40 {
            let source = "s\(random.below(5))"
            let version = (replica.vector[source] ?? 0) + Version(random.within(1...3))
            try replica.receive(PlainUpdate("k\(random.below(9))", "\(number)", source, version))
        }
        let pair = try Pair(replica, Replica.make("b"))
        pair.gossip()
        var covers = 0
        for _ in 0..<20 {
            let (toB, toA) = (pair.a.readAll(), pair.b.readAll())
            for line in toB.lines where line.text.hasPrefix(#"{"digest":true,"cover""#) {
                covers += 1
                check(direct(line) != nil, line.text)
            }
            pair.b.write(toB)
            pair.a.write(toA)
        }
        #expect(covers > 0)
    }
}
