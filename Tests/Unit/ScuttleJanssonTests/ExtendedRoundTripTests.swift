import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Hand-written messages of the extended dialect: the core writes each message that the decoder reads as the same line.
@Suite("Messages of the extended dialect")
struct ExtendedRoundTripTests {
    /// Returns the message's line as the core writes it, without the newline.
    private func written(_ message: Message) -> String {
        var text = MessageBuffer()
        var made: [Source] = []
        defer { for source in made { source.deallocate() } }
        func source(_ id: Bytes) -> Source {
            made.append(Source(id: id))
            return made[made.count - 1]
        }
        func write(_ claims: [ExceptionClaim], _ isAnew: Bool) {
            text.beginRefused()
            for (index, claim) in claims.enumerated() {
                text.appendException(
                    source(claim.source), claim.version, claim.reason, isFirst: index == 0)
            }
            text.appendRefusedEnd(isAnew: isAnew)
        }
        switch message {
        case .hello(let hello): text.appendHello(hello)
        case .request(let request): text.appendRequest(request)
        case .vector(let part):
            text.appendVector(part)
            for (index, claim) in part.claims.enumerated() {
                text.appendClaim(source(claim.source), claim.covered, claim.purged, isFirst: index == 0)
            }
            text.appendClaimsEnd(from: part.from, to: part.to, isLast: part.isLast)
        case .delta(let head): text.appendDelta(head)
        case .mark(let mark): text.appendMark(mark)
        case .forgot(let forgotten):
            text.appendForgottenStart(since: forgotten.since, epoch: forgotten.epoch)
            for (index, key) in forgotten.keys.enumerated() { text.appendKey(key, isFirst: index == 0) }
            text.appendForgottenEnd(isLast: forgotten.isLast)
        case .cover(let cover):
            text.appendCoverStart()
            for (index, interval) in cover.claims.enumerated() {
                text.appendInterval(
                    source(interval.source), interval.since, interval.covered, leftOut: interval.leftOut,
                    isFirst: index == 0)
            }
            text.appendCoverEnd(cover.check)
        case .commit(let part):
            text.appendCommit(part)
            for (index, claim) in part.claims.enumerated() {
                text.appendCommitClaim(
                    source(claim.source), claim.since, claim.covered, claim.purged, isFirst: index == 0)
            }
            for (index, claim) in part.retired.enumerated() { text.appendRetired(claim, isFirst: index == 0) }
            if !part.excepted.isEmpty { text.beginExcepted(hasRetired: !part.retired.isEmpty) }
            for (index, claim) in part.excepted.enumerated() {
                text.appendException(source(claim.source), claim.version, claim.reason, isFirst: index == 0)
            }
            text.appendClaimsEnd(
                from: part.from, to: part.to, isLast: part.isLast, hasRetired: !part.retired.isEmpty,
                hasExcepted: !part.excepted.isEmpty)
        case .refused(let claims, let isAnew): write(claims, isAnew)
        case .reject(let reason):
            let known = RejectReason.allCases.first { reason.equals(Bytes($0.name)) }
            if let known { text.appendReject(known) }
        case .twin: text.appendTwin()
        case .echo(let token): text.appendEcho(token)
        case .challenge(let token): text.appendChallenge(token)
        case .export(let head): text.appendExport(head)
        case .got(let saved): text.appendSaved(saved)
        case .removed(let key): text.appendRemoved(key)
        case .end(let count): text.appendEnd(lines: count)
        case .update, .refusedUpdate, .digest, .done, .nothing: break
        }
        check(text.bytes.last == 0x0a, "a line ends in a newline")
        return Bytes(rebasing: text.bytes.dropLast()).text
    }

    private func again(_ line: String) -> String {
        var decoder = JanssonJudge(limits: Limits())
        var again = "nothing"
        let code = failure { () throws(Failure) in
            try line.lend { (line) throws(Failure) in
                try decoder.read(line) { (message) throws(Failure) in again = written(message) }
            }
        }
        return code.map { "\($0)" } ?? again
    }

    @Test(
        "One of each message, as in docs/reference/protocol.md",
        arguments: [
            #"{"hello":{"protocol":[1,3],"source":"A\"","incarnation":7,"cluster":"","lamport":9,"epoch":2,"revision":30,"hash":"00ff00000000000a","nonce":0,"reply":false}}"#,
            #"{"hello":{"protocol":[1,1],"source":"é","incarnation":0,"cluster":"c\n","lamport":0,"epoch":0,"revision":0,"hash":"0000000000000000","contents":"000000000000000f00ff00000000000a","nonce":9007199254740991,"reply":true}}"#,
            #"{"refused":[["A",7,22],["A",9,0],["B",3,33]]}"#,
            #"{"refused":[["A",7,22]],"anew":true}"#,
            #"{"commit":{"sequence":4,"sources":{"B":[0,9,4],"A":[0,12]},"excepted":[["A",7,0],["A",9,0]],"from":0,"to":2,"last":true}}"#,
            #"{"commit":{"sequence":4,"sources":{},"excepted":[["A",7,0],["B",9,1]],"from":2,"to":4,"last":true}}"#,
            #"{"request":{"revision":12,"from":3}}"#,
            #"{"vector":{"incarnation":7,"epoch":0,"nonce":5,"lamport":9,"since":4,"until":8,"sources":{"A":5,"B":[6,2]},"from":0,"to":2,"last":true}}"#,
            #"{"vector":{"incarnation":7,"epoch":0,"nonce":5,"lamport":9,"since":4,"until":8,"got":{"incarnation":77,"mode":"state","epoch":1,"sequence":5},"sources":{},"from":2,"to":2,"last":false}}"#,
            #"{"vector":{"incarnation":7,"epoch":0,"nonce":6,"lamport":9,"since":0,"until":8,"contents":true,"sources":{},"from":0,"to":0,"last":true}}"#,
            #"{"vector":{"incarnation":7,"epoch":0,"nonce":6,"lamport":9,"since":0,"until":8,"contents":true,"got":{"incarnation":77,"mode":"reset","epoch":0,"sequence":5,"ranges":[3,1,2,9],"item":4,"window":2},"sources":{},"from":0,"to":0,"last":true}}"#,
            #"{"delta":{"mode":"log","request":[7,0,5]}}"#,
            #"{"delta":{"mode":"log","request":[7,1,5],"window":3}}"#,
            #"{"hello":{"protocol":[1,1],"source":"a","incarnation":1,"cluster":"","lamport":0,"epoch":0,"revision":0,"hash":"0000000000000000","nonce":4,"got":{"incarnation":77,"mode":"state","epoch":0,"sequence":5,"item":4},"reply":true}}"#,
            #"{"delta":{"mode":"early","request":[7,1,5]}}"#,
            #"{"delta":{"mode":"state","request":[7,1,5],"epoch":5,"span":[0,3,9],"lines":[2,"00a1b2c3"],"window":4}}"#,
            #"{"delta":{"mode":"reset","request":[7,1,5],"epoch":5,"span":[0,3]}}"#,
            #"{"delta":{"mode":"contents","request":[7,1,5],"epoch":5,"span":[3,3]}}"#,
            #"{"mark":{"sequence":12,"lines":[3,"a1b2c3d4"]}}"#,
            #"{"forgot":{"since":1,"epoch":3,"keys":["a","b\n",""],"last":false}}"#,
            #"{"forgot":{"since":0,"epoch":0,"keys":[],"last":true}}"#,
            #"{"cover":{"A":[0,5],"B\u0001":[3,3],"C":[0,9,7]},"lines":[3,"a1b2c3d4"]}"#,
            #"{"cover":{},"lines":[0,"00000000"]}"#,
            #"{"commit":{"sequence":9,"sources":{"A":[0,5],"B":[2,6,3]},"from":0,"to":2,"last":true}}"#,
            #"{"commit":{"sequence":9,"lines":[1,"ffffffff"],"sources":{},"from":0,"to":2,"last":false}}"#,
            #"{"reject":{"reason":"cluster"}}"#, #"{"reject":{"reason":"protocol"}}"#,
            #"{"reject":{"reason":"identity"}}"#, #"{"twin":true}"#,
            #"{"got":{"incarnation":7,"mode":"state","epoch":1,"sequence":5,"ranges":[3,1]}}"#,
            #"{"got":{"incarnation":7,"mode":"reset","epoch":0,"sequence":5},"named":[0,9,2,1]}"#,
            #"{"export":{"source":"A","lamport":9,"incarnation":7}}"#,
            #"{"export":{"source":"A","lamport":9,"incarnation":7,"classic":true}}"#,
            #"{"export":{"source":"A","lamport":9,"incarnation":7,"now":0}}"#,
            #"{"export":{"source":"A","lamport":9,"incarnation":7,"classic":true,"now":9223372036854775807}}"#,
            #"{"export":{"source":"A","lamport":9,"incarnation":7,"piece":[3,4],"exceptions":true}}"#,
            #"{"export":{"source":"A","lamport":9,"incarnation":7,"now":1,"piece":[3,9],"follows":[3,4]}}"#,
            #"{"removed":"a"}"#,
            #"{"removed":"\"b\""}"#,
            #"{"end":12}"#,
        ])
    func each(body: String) {
        let line = #"{"digest":true,"# + body.dropFirst()
        #expect(again(line) == line)
    }

    /// Random messages, built independently of the library.
    private struct Speaker {
        var random: TestRandom

        mutating func number(_ most: UInt64 = UInt64(Int64.max)) -> UInt64 {
            min(most, random.pick([0, 1, most, random.next() % (most &+ 1), UInt64(random.below(1000))]))
        }

        mutating func version() -> Version { number(.highest) }

        mutating func place() -> UInt64 { number(UInt64(UInt32.max)) }

        /// Returns sources with a claim for each, without repetition.
        mutating func sources(_ claim: (inout Speaker) -> String) -> String {
            let names = (0..<random.below(5)).map { quote(random.text(1...6) + [UInt8]("\($0)")) }
            return "{" + names.map { "\($0):\(claim(&self))" }.joined(separator: ",") + "}"
        }

        mutating func ends() -> String {
            #""from":\#(place()),"to":\#(place()),"last":\#(random.oneIn(2))"#
        }

        mutating func digits(_ count: Int) -> String {
            let digits = String(random.next(), radix: 16).suffix(count)
            return String(repeating: "0", count: count - digits.count) + digits
        }

        /// Returns the text, or nothing.
        mutating func maybe(_ text: (inout Speaker) -> String) -> String { random.oneIn(2) ? text(&self) : "" }

        mutating func got() -> String {
            let mode = random.pick(["log", "state", "reset", "early", "contents"])
            var text =
                #","got":{"incarnation":\#(number()),"mode":"\#(mode)","epoch":\#(number()),"sequence":\#(number(1 << 50))"#
            let ranges = (0..<random.below(5)).map { _ in "\(1 + random.below(99)),\(1 + random.below(99))" }
            if !ranges.isEmpty { text += #","ranges":[\#(ranges.joined(separator: ","))]"# }
            text += maybe { #","item":\#(1 + $0.random.below(1000))"# }
            return text + maybe { #","window":\#(1 + $0.random.below(1000))"# } + "}"
        }

        mutating func lines() -> String { #","lines":[\#(version()),"\#(digits(8))"]"# }

        mutating func message() -> String {
            switch random.below(11) {
            case 0:
                let versions = [number(UInt64(UInt32.max)), number(UInt64(UInt32.max))].sorted()
                let source = quote(random.text(1...20))
                let contents = maybe { #","contents":"\#($0.digits(16))\#($0.digits(16))""# }
                return #""hello":{"protocol":[\#(versions[0]),\#(versions[1])],"source":\#(source)"#
                    + #","incarnation":\#(number()),"cluster":\#(quote(random.text(0...9))),"lamport":\#(version())"#
                    + #","epoch":\#(number()),"revision":\#(number()),"hash":"\#(digits(16))"\#(contents)"#
                    + #","nonce":\#(number())\#(maybe { $0.got() }),"reply":\#(random.oneIn(2))}"#
            case 1: return #""request":{"revision":\#(number()),"from":\#(place())}"#
            case 2:
                let contents = maybe { _ in #""contents":true,"# }
                let got = maybe { $0.got().dropFirst() + "," }
                let sources = sources { speaker in
                    let covered = speaker.version()
                    let purged = speaker.number(covered)
                    return purged > 0 ? "[\(covered),\(purged)]" : "\(covered)"
                }
                return
                    #""vector":{"incarnation":\#(number()),"epoch":\#(number()),"nonce":\#(number())"#
                    + #","lamport":\#(version()),"since":\#(number()),"until":\#(number())"#
                    + #",\#(contents)\#(got)"sources":\#(sources),\#(ends())}"#
            case 3:
                let mode = random.pick(["log", "state", "reset", "early", "contents"])
                let withheld = maybe { ",\(1 + $0.random.below(1000))" }
                let (onStream, inDatagram) = (
                    #","epoch":\#(number()),"span":[\#(number()),\#(number())]"#,
                    #","epoch":\#(number()),"span":[\#(number()),\#(number()),\#(number())\#(withheld)]\#(lines())"#
                )
                let span = ["log", "early"].contains(mode) ? "" : random.pick([onStream, inDatagram])
                let window = maybe { #","window":\#(1 + $0.random.below(1000))"# }
                return
                    #""delta":{"mode":"\#(mode)","request":[\#(number()),\#(number()),\#(number())]"#
                    + #"\#(span)\#(window)}"#
            case 4:
                return #""cover":"#
                    + sources { speaker in
                        let until = speaker.version()
                        let leftOut = speaker.number(until)
                        return "[\(speaker.number(until)),\(until)\(leftOut > 0 ? ",\(leftOut)" : "")]"
                    } + lines()
            case 5:
                let sources = sources { speaker in
                    let covered = speaker.version()
                    let purged = speaker.number(covered)
                    return "[\(speaker.number(covered)),\(covered)\(purged > 0 ? ",\(purged)" : "")]"
                }
                let lines = maybe { $0.lines() }
                return
                    #""commit":{"sequence":\#(number())\#(lines),"sources":\#(sources),\#(ends())}"#
            case 6: return #""twin":true"#
            case 8: return #""mark":{"sequence":\#(number())\#(lines())}"#
            case 9:
                let keys = (0..<random.below(5)).map { _ in quote(random.text(0...9)) }.joined(separator: ",")
                let epochs = [number(), number()].sorted()
                return
                    #""forgot":{"since":\#(epochs[0]),"epoch":\#(epochs[1]),"keys":[\#(keys)],"last":\#(random.oneIn(2))}"#
            case 7:
                return #""export":{"source":\#(quote(random.text(1...20))),"lamport":\#(version())"#
                    + #","incarnation":\#(number())\#(maybe { _ in #","classic":true"# })}"#
            default:
                let classic = maybe { _ in #","classic":true"# }
                let now = maybe { #","now":\#($0.number())"# }
                return #""export":{"source":\#(quote(random.text(1...20))),"lamport":\#(version())"#
                    + #","incarnation":\#(number())\#(classic)\#(now)}"#
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
