import ScuttleJSON
import Testing

@testable import Scuttle

/// Messages of the extended dialect, spelled here by hand: what the decoder makes of a line, the core writes as that line.
@Suite("Messages of the extended dialect")
struct ExtendedRoundTripTests {
    /// The message's line as the core writes it, without the newline.
    private func written(_ message: Message) -> String {
        var text = ByteBuffer()
        var made: [Source] = []
        defer { for source in made { source.deallocate() } }
        func source(_ id: Bytes) -> Source {
            made.append(Source(id: id))
            return made[made.count - 1]
        }
        switch message {
        case .hello(let hello): text.appendHello(hello)
        case .ask(let ask): text.appendAsk(ask)
        case .clock(let part):
            text.appendClock(part)
            for (index, claim) in part.claims.enumerated() {
                text.appendClaim(source(claim.source), claim.covered, claim.purged, isFirst: index == 0)
            }
            text.appendClaimsEnd(from: part.from, to: part.to, isLast: part.isLast)
        case .answer(let head): text.appendAnswer(head)
        case .cover(let intervals):
            text.appendCoverStart()
            for (index, interval) in intervals.enumerated() {
                text.appendInterval(
                    source(interval.source), interval.since, interval.until, isFirst: index == 0)
            }
            text.appendCoverEnd()
        case .commit(let part):
            text.appendCommit(part)
            for (index, claim) in part.claims.enumerated() {
                text.appendCommitClaim(
                    source(claim.source), claim.since, claim.covered, claim.purged, isFirst: index == 0)
            }
            text.appendClaimsEnd(from: part.from, to: part.to, isLast: part.isLast)
        case .reject(let reason):
            let known = RejectReason.allCases.first { reason.equals(Bytes($0.name)) }
            if let known { text.appendReject(known) }
        case .export(let head): text.appendExport(head)
        case .expiry(let version, let time): text.appendExpiry(version, at: time)
        case .end(let count): text.appendEnd(lines: count)
        case .update, .digest, .done, .nothing: break
        }
        check(text.bytes.last == 0x0a, "a line ends in a newline")
        return Bytes(rebasing: text.bytes.dropLast()).text
    }

    private func again(_ line: String) -> String {
        var decoder = MessageDecoder(limits: Limits())
        var again = "nothing"
        let code = failure { () throws(Failure) in
            try line.lend { (line) throws(Failure) in
                try decoder.decode(line) { (message) throws(Failure) in again = written(message) }
            }
        }
        return code.map { "\($0)" } ?? again
    }

    @Test(
        "One of each, as it stands in docs/protocol.md",
        arguments: [
            #"{"hello":{"protocol":[1,3],"id":"A\"","life":7,"cluster":"","lamport":9,"epoch":2,"revision":30,"hash":"00ff00000000000a","reply":false}}"#,
            #"{"hello":{"protocol":[1,1],"id":"é","life":0,"cluster":"c\n","lamport":0,"epoch":0,"revision":0,"hash":"0000000000000000","reply":true}}"#,
            #"{"ask":{"revision":12,"from":3}}"#,
            #"{"clock":{"life":7,"epoch":0,"lamport":9,"since":4,"until":8,"sources":{"A":5,"B":[6,2]},"from":0,"to":2,"last":true}}"#,
            #"{"clock":{"life":7,"epoch":0,"lamport":9,"since":4,"until":8,"got":[77,5,1],"sources":{},"from":2,"to":2,"last":false}}"#,
            #"{"answer":{"mode":"log","question":[7,0]}}"#,
            #"{"answer":{"mode":"log","question":[7,1],"pauses":true}}"#,
            #"{"answer":{"mode":"state","question":[7,1],"answer":5,"span":[0,3,9,2],"pauses":true}}"#,
            #"{"answer":{"mode":"reset","question":[7,1],"answer":5}}"#,
            #"{"cover":{"A":[0,5],"B\u0001":[3,3]}}"#, #"{"cover":{}}"#,
            #"{"commit":{"answer":5,"stamp":9,"sources":{"A":[0,5],"B":[2,6,3]},"from":0,"to":2,"last":true}}"#,
            #"{"reject":{"reason":"cluster"}}"#, #"{"reject":{"reason":"protocol"}}"#,
            #"{"reject":{"reason":"identity"}}"#, #"{"export":{"id":"A","lamport":9,"life":7}}"#,
            #"{"export":{"id":"A","lamport":9,"life":7,"classic":true}}"#,
            #"{"expiry":{"version":9,"at":9223372036854775807}}"#, #"{"end":12}"#,
        ])
    func each(body: String) {
        let line = #"{"digest":true,"# + body.dropFirst()
        #expect(again(line) == line)
    }

    /// Random messages, put together otherwise than in the library.
    private struct Speaker {
        var random: TestRandom

        mutating func number(_ most: UInt64 = UInt64(Int64.max)) -> UInt64 {
            min(most, random.pick([0, 1, most, random.next() % (most &+ 1), UInt64(random.below(1000))]))
        }

        mutating func version() -> Version { number(.highest) }

        mutating func place() -> UInt64 { number(UInt64(UInt32.max)) }

        /// Sources with what is said of each; no source twice.
        mutating func sources(_ claim: (inout Speaker) -> String) -> String {
            let names = (0..<random.below(5)).map { quote(random.text(1...6) + [UInt8]("\($0)")) }
            return "{" + names.map { "\($0):\(claim(&self))" }.joined(separator: ",") + "}"
        }

        mutating func ends() -> String {
            #""from":\#(place()),"to":\#(place()),"last":\#(random.oneIn(2))"#
        }

        mutating func message() -> String {
            switch random.below(7) {
            case 0:
                let versions = [number(UInt64(UInt32.max)), number(UInt64(UInt32.max))].sorted()
                let digits = String(random.next(), radix: 16)
                let hash = String(repeating: "0", count: 16 - digits.count) + digits
                let id = quote(random.text(1...20))
                return #""hello":{"protocol":[\#(versions[0]),\#(versions[1])],"id":\#(id),"life":\#(number())"#
                    + #","cluster":\#(quote(random.text(0...9))),"lamport":\#(version()),"epoch":\#(number())"#
                    + #","revision":\#(number()),"hash":"\#(hash)","reply":\#(random.oneIn(2))}"#
            case 1: return #""ask":{"revision":\#(number()),"from":\#(place())}"#
            case 2:
                let got = random.oneIn(2) ? #""got":[\#(number()),\#(number()),\#(place())],"# : ""
                let sources = sources { speaker in
                    let covered = speaker.version()
                    let purged = speaker.number(covered)
                    return purged > 0 ? "[\(covered),\(purged)]" : "\(covered)"
                }
                return
                    #""clock":{"life":\#(number()),"epoch":\#(number()),"lamport":\#(version()),"since":\#(number())"#
                    + #","until":\#(number()),\#(got)"sources":\#(sources),\#(ends())}"#
            case 3:
                let mode = random.pick(["log", "state", "reset"])
                let answer = mode == "log" ? "" : #","answer":\#(number())"#
                let span = random.oneIn(2) ? #","span":[\#(number()),\#(number()),\#(number()),\#(number())]"# : ""
                let pauses = random.oneIn(2) ? #","pauses":true"# : ""
                return
                    #""answer":{"mode":"\#(mode)","question":[\#(number()),\#(number())]\#(answer)\#(span)\#(pauses)}"#
            case 4:
                return #""cover":"#
                    + sources { speaker in
                        let until = speaker.version()
                        return "[\(speaker.number(until)),\(until)]"
                    }
            case 5:
                let sources = sources { speaker in
                    let covered = speaker.version()
                    let purged = speaker.number(covered)
                    return "[\(speaker.number(covered)),\(covered)\(purged > 0 ? ",\(purged)" : "")]"
                }
                return #""commit":{"answer":\#(number()),"stamp":\#(number()),"sources":\#(sources),\#(ends())}"#
            default:
                return #""expiry":{"version":\#(version()),"at":\#(number())}"#
            }
        }
    }

    @Test("Random messages", arguments: 0..<40)
    func random(seed: Int) {
        var speaker = Speaker(random: TestRandom(seed: UInt64(seed)))
        for _ in 0..<50 {
            let line = #"{"digest":true,"# + speaker.message() + "}"
            let again = again(line)
            check(again == line, "\(line) became \(again)")
        }
    }
}
