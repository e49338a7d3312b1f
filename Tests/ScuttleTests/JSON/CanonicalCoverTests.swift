import ScuttleJSON
import Testing

@testable import Scuttle

/// Covers on both paths: what the direct one reads, jansson reads the same.
@Suite("CanonicalCover")
struct CanonicalCoverTests {
    private struct Interval: Equatable {
        let source: [UInt8]
        let numbers: [Version]

        init(_ interval: CoveredInterval) {
            source = [UInt8](interval.source)
            numbers = [interval.since, interval.until, interval.leftOut]
        }
    }

    /// What the direct path makes of a line, after it has been compared with what jansson does.
    private func direct(_ line: [UInt8]) -> [Interval]? {
        line.lend { line in
            var decoder = MessageDecoder(limits: Limits())
            var judged: [Interval]?
            let code = failure { () throws(Failure) in
                try decoder.decodeByJansson(line) { message in
                    if case .cover(let intervals) = message { judged = intervals.map { Interval($0) } }
                }
            }
            let direct = CanonicalCover.read(line)?.map { Interval($0) }
            if let direct {
                check(direct == judged, "\(line.text): \(direct), but jansson says \(String(describing: judged))")
            }
            var both: [Interval]?
            let bothCode = failure { () throws(Failure) in
                try decoder.decode(line) { message in
                    if case .cover(let intervals) = message { both = intervals.map { Interval($0) } }
                }
            }
            check(both == judged && bothCode == code, "\(line.text): \(String(describing: bothCode))")
            return direct
        }
    }

    private func cover(_ body: String) -> [UInt8] { [UInt8](#"{"digest":true,"cover":{\#(body)}}"#.utf8) }

    @Test("The forms that this library writes")
    func forms() {
        for body in [#""A":[0,1]"#, #""A":[2,12],"B":[0,9,7]"#, #""é":[5,5,5]"#, #""A":[0,9007199254740991]"#] {
            #expect(direct(cover(body)) != nil)
        }
        let sixteen = (0..<16).map { #""s\#($0)":[0,\#($0)]"# }
        #expect(direct(cover(sixteen.joined(separator: ","))) != nil)
    }

    @Test(
        "What is left to jansson",
        arguments: [
            "", #""A":[0]"#, #""A":[2,1]"#, #""A":[0,1,2]"#, #""A":[0,5,1,1]"#, #""A":[0,9007199254740992]"#,
            #""A":[0,1],"A":[1,2]"#, #""A":[-1,1]"#, #""A":[0,01]"#, #""A":[0,1.0]"#, #""A":[0, 1]"#, #""A" :[0,1]"#,
            #""\u0041":[0,1]"#, #""A":5"#, #""A":[0,1],"#, #"A:[0,1]"#, #""A":[0,1]}"#, #""A":[0,1]},"x":{"#,
            #""A":[0,1] "#,
        ])
    func others(body: String) {
        #expect(direct(cover(body)) == nil)
    }

    @Test("More sources than are compared pairwise")
    func many() {
        #expect(direct(cover((0..<17).map { #""s\#($0)":[0,\#($0)]"# }.joined(separator: ","))) == nil)
    }

    @Test("Every byte of a line changed to every other, taken away, or repeated")
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

    @Test("What a replica with few sources writes is read directly", arguments: 0..<20)
    func written(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try Replica.make("a") { $0.maxHistory = 1000 }
        for number in 0..<40 {
            let source = "s\(random.below(5))"
            let version = (replica.clock[source] ?? 0) + Version(random.within(1...3))
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
