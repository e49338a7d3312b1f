import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Control messages on both paths: jansson reads every message that the fast path reads, with the same meaning.
@Suite("CanonicalControl")
struct CanonicalControlTests {
    /// The forms that this library writes to a peer in step, or nearly. Each ends with two brackets.
    static let lines = [
        #"{"digest":true,"hello":{"protocol":[1,1],"source":"to~dlR_zpg5","incarnation":4033871374690026,"cluster":"","lamport":50,"epoch":0,"revision":4,"hash":"c04255e127ad31bf","nonce":4268455021065264,"reply":false}}"#,
        #"{"digest":true,"hello":{"protocol":[1,3],"source":"é~A","incarnation":1,"cluster":"blue","lamport":0,"epoch":7,"revision":4,"hash":"0000000000000000","contents":"a7a52499cbc55531fc628c0954e86dd2","nonce":0,"reply":true}}"#,
        #"{"digest":true,"request":{"revision":3,"from":0}}"#,
        #"{"digest":true,"request":{"revision":3,"from":4294967295}}"#,
        #"{"digest":true,"vector":{"incarnation":5,"epoch":0,"nonce":9,"lamport":75,"since":3,"until":5,"sources":{"A":75,"Bé":[50,7]},"from":0,"to":4,"last":true}}"#,
        #"{"digest":true,"vector":{"incarnation":5,"epoch":0,"nonce":9,"lamport":75,"since":3,"until":5,"sources":{},"from":0,"to":4,"last":false}}"#,
        #"{"digest":true,"delta":{"mode":"log","request":[5,0,9]}}"#,
        #"{"digest":true,"delta":{"mode":"early","request":[5,0,9]}}"#,
        #"{"digest":true,"delta":{"mode":"state","request":[5,0,9],"epoch":1,"span":[50,51]}}"#,
        #"{"digest":true,"delta":{"mode":"reset","request":[5,0,9],"epoch":1,"span":[0,0]}}"#,
        #"{"digest":true,"delta":{"mode":"contents","request":[5,0,9],"epoch":1,"span":[0,0]}}"#,
        #"{"digest":true,"mark":{"sequence":52,"lines":[2,"4ea233e6"]}}"#,
        #"{"digest":true,"commit":{"sequence":75,"lines":[5,"1f69663e"],"sources":{"A":[50,75],"B":[0,9,3]},"from":0,"to":4,"last":true}}"#,
    ]

    /// Returns whether the fast path reads a line, after a comparison with jansson.
    private func isDirect(_ line: [UInt8]) -> Bool {
        line.lend { line in
            var judge = JanssonJudge(limits: Limits())
            var judged: String?
            let code = failure { () throws(Failure) in try judge.judge(line) { judged = plain($0) } }
            let direct = CanonicalControl.read(line).map { plain($0) }
            if let direct {
                check(direct == judged, "\(line.text): \(direct), but jansson says \(judged ?? "nothing")")
            }
            var both: String?
            let bothCode = failure { () throws(Failure) in try judge.read(line) { both = plain($0) } }
            check(both == judged && bothCode == code, "\(line.text): \(String(describing: bothCode))")
            return direct != nil
        }
    }

    private func isDirect(_ line: String) -> Bool { isDirect([UInt8](line.utf8)) }

    @Test("The forms that this library writes", arguments: lines)
    func forms(line: String) {
        #expect(isDirect(line))
    }

    @Test(
        "Forms that are left to jansson",
        arguments: [
            // A range that is none, numbers beyond their limits, more digits than a hash has, an unknown mode, the members of datagrams.
            #"{"digest":true,"hello":{"protocol":[2,1],"source":"A","incarnation":1,"cluster":"","lamport":0,"epoch":7,"revision":4,"hash":"0000000000000000","nonce":0,"reply":true}}"#,
            #"{"digest":true,"hello":{"protocol":[1,4294967296],"source":"A","incarnation":1,"cluster":"","lamport":0,"epoch":7,"revision":4,"hash":"0000000000000000","nonce":0,"reply":true}}"#,
            #"{"digest":true,"hello":{"protocol":[1,1],"source":"A","incarnation":1,"cluster":"","lamport":0,"epoch":7,"revision":4,"hash":"0000000000000000","nonce":0,"token":5,"reply":true}}"#,
            #"{"digest":true,"request":{"revision":3,"from":4294967296}}"#,
            #"{"digest":true,"request":{"revision":9007199254740992,"from":0}}"#,
            #"{"digest":true,"request":{"revision":3,"from":0,"retired":[2,"00000000000000ab"]}}"#,
            #"{"digest":true,"vector":{"incarnation":5,"epoch":0,"nonce":9,"lamport":75,"since":3,"until":5,"same":[2,"00000000000000ab"],"sources":{},"from":0,"to":4,"last":true}}"#,
            #"{"digest":true,"vector":{"incarnation":5,"epoch":0,"nonce":9,"lamport":75,"since":3,"until":5,"sources":{"A":75,"A":76},"from":0,"to":4,"last":true}}"#,
            #"{"digest":true,"vector":{"incarnation":5,"epoch":0,"nonce":9,"lamport":75,"since":3,"until":5,"sources":{"A":[5,7]},"from":0,"to":4,"last":true}}"#,
            #"{"digest":true,"vector":{"incarnation":5,"epoch":0,"nonce":9,"lamport":75,"since":3,"until":5,"sources":{"A":1,},"from":0,"to":4,"last":true}}"#,
            #"{"digest":true,"vector":{"incarnation":5,"epoch":0,"nonce":9,"lamport":75,"since":3,"until":5,"sources":{},"from":0,"to":4294967296,"last":true}}"#,
            #"{"digest":true,"delta":{"mode":"best","request":[5,0,9]}}"#,
            #"{"digest":true,"delta":{"mode":"state","request":[5,0,9]}}"#,
            #"{"digest":true,"delta":{"mode":"log","request":[5,0,9],"epoch":1,"span":[50,51]}}"#,
            #"{"digest":true,"delta":{"mode":"state","request":[5,0,9],"epoch":1,"span":[50,50,60],"lines":[2,"4ea233e6"],"window":3}}"#,
            #"{"digest":true,"commit":{"sequence":75,"lines":[5,"1f69663e"],"sources":{"A":[76,75]},"from":0,"to":4,"last":true}}"#,
            #"{"digest":true,"commit":{"sequence":75,"sources":{"A":[50,75]},"from":0,"to":4,"last":true}}"#,
            #"{"digest":true,"echo":5}"#, #"{"digest":true,"twin":true}"#, #"{"digest":true,"#, "", "{}",
        ])
    func others(line: String) {
        #expect(!isDirect(line))
    }

    @Test("A line that is cut, continued or repeated is left to jansson", arguments: lines)
    func lengths(line: String) {
        let bytes = [UInt8](line.utf8)
        for count in bytes.indices { #expect(!isDirect([UInt8](bytes[..<count]))) }
        for more in ["}", " ", "\n", line] { #expect(!isDirect(line + more)) }
    }

    @Test("Every byte of a line changed to others, removed, or repeated", arguments: lines)
    func everyByte(line: String) {
        let bytes = [UInt8](line.utf8)
        for place in bytes.indices {
            for byte in [
                0, 9, 0x20, 0x22, 0x2c, 0x2d, 0x30, 0x31, 0x39, 0x3a, 0x41, 0x5b, 0x5c, 0x5d, 0x65, 0x66, 0x67, 0x7d,
                0xff,
            ] as [UInt8] {
                var changed = bytes
                changed[place] = byte
                _ = isDirect(changed)
            }
            var changed = bytes
            changed.remove(at: place)
            _ = isDirect(changed)
            changed = bytes
            changed.insert(bytes[place], at: place)
            _ = isDirect(changed)
        }
    }
}
