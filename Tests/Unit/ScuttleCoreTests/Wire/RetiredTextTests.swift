import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Retired sources in messages.
@Suite("RetiredText")
struct RetiredTextTests {
    private func text(_ claims: [RetiredClaim]) -> [UInt8] {
        var buffer = ByteBuffer()
        for claim in claims { buffer.putJSON(claim) }
        return [UInt8](buffer.bytes)
    }

    private func read(_ text: [UInt8]) -> [RetiredClaim]? {
        text.lend { RetiredClaim.read($0) }
    }

    private func claim(_ random: inout TestRandom) -> RetiredClaim {
        let bits = random.within(1...53)
        let version = max(1, random.next() & ((1 << UInt64(bits)) - 1))
        let ends: [UInt64] = [0, 1, .max, 1 << 63, random.next(), random.next()]
        return RetiredClaim(
            hash: SourceHash(low: random.pick(ends), high: random.pick(ends)), version: version,
            isPurged: random.oneIn(2), isFinal: random.oneIn(2))
    }

    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    @Test("Claims are read as they were written, one behind the other", arguments: 0..<200)
    func roundTrip(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let claims = (0..<random.below(12)).map { _ in claim(&random) }
        let text = text(claims)
        check(text.allSatisfy(Self.alphabet.contains), "seed \(seed): \(text)")
        check(text.count == claims.reduce(0) { $0 + RetiredClaim.count(version: $1.version) }, "seed \(seed): length")
        check(read(text) == claims, "seed \(seed): \(claims)")
    }

    @Test("The version has two, four, six or nine digits, as few as possible")
    func digits() {
        let lengths: [(Version, Int)] = [
            (1, 2), (4095, 2), (4096, 4), (1 << 24 - 1, 4), (1 << 24, 6), (1 << 36 - 1, 6), (1 << 36, 9),
            (.highest, 9),
        ]
        for (version, digits) in lengths {
            #expect(RetiredClaim.count(version: version) == 22 + digits, "\(version)")
            let claim = RetiredClaim(
                hash: SourceHash(low: 1, high: 2), version: version, isPurged: false, isFinal: true)
            #expect(read(text([claim])) == [claim])
        }
    }

    @Test("The text of the protocol page: the hash, the high half first, the flags and the version")
    func bits() {
        let claim = RetiredClaim(hash: SourceHash(low: 0, high: 0), version: 5, isPurged: false, isFinal: false)
        #expect(text([claim]) == [UInt8]("AAAAAAAAAAAAAAAAAAAAAAAF".utf8))
        let high = RetiredClaim(hash: SourceHash(low: 0, high: 1 << 63), version: 5, isPurged: true, isFinal: false)
        #expect(text([high]) == [UInt8]("gAAAAAAAAAAAAAAAAAAAAIAF".utf8))
        let low = RetiredClaim(hash: SourceHash(low: 1, high: 0), version: 5, isPurged: false, isFinal: true)
        #expect(text([low]) == [UInt8]("AAAAAAAAAAAAAAAAAAAAAUAF".utf8))
    }

    @Test("A text that is cut inside a claim is rejected", arguments: 0..<30)
    func cut(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let claims = (0..<3).map { _ in claim(&random) }
        let text = text(claims)
        var ends = [0]
        for claim in claims { ends.append(ends[ends.count - 1] + RetiredClaim.count(version: claim.version)) }
        for count in 0...text.count {
            let found = read(Array(text[..<count]))
            if let whole = ends.firstIndex(of: count) {
                check(found == Array(claims[..<whole]), "seed \(seed): \(count) bytes")
            } else {
                check(found == nil, "seed \(seed): \(count) bytes are accepted")
            }
        }
    }

    @Test("A character of another alphabet is rejected, anywhere in the text")
    func characters() {
        var random = TestRandom(seed: 1)
        let text = text([claim(&random), claim(&random)])
        for place in text.indices {
            for character in UInt8.min...UInt8.max where !Self.alphabet.contains(character) {
                var odd = text
                odd[place] = character
                check(read(odd) == nil, "\(character) at \(place) is taken")
            }
        }
    }

    @Test("Version 0 and versions above 2^53-1 are rejected")
    func versions() {
        let hash = [UInt8](repeating: UInt8(ascii: "A"), count: 21)
        func odd(_ code: String, _ digits: String) -> [UInt8] { hash + [UInt8]((code + digits).utf8) }
        for (code, digits) in [("A", "AA"), ("B", "AAAA"), ("C", "AAAAAA"), ("D", "AAAAAAAAA"), ("D", "gAAAAAAAA")] {
            #expect(read(odd(code, digits)) == nil, "\(code) \(digits)")
        }
        #expect(read(odd("D", "f________"))?.first?.version == .highest)
    }

    @Test("A malformed text in a vector or a commit is an error, and changes nothing")
    func malformed() throws {
        let good = "AAAAAAAAAAAAAAAAAAAAAAAF"
        for text in [String(good.dropLast()), good + "A", "=" + good.dropFirst(), "A", String(good.dropLast()) + "A"] {
            let (a, b) = (try Replica.make("a"), try Replica.make("b", seed: 2))
            try a.set("k", "1")
            #expect(try meet(a, b) == nil)
            let link = try LinkEnd(a)
            link.write(hello(b))
            let (before, revision) = (a.exported(), a.revision)
            for line in [
                #"{"digest":true,"vector":{"incarnation":\#(b.incarnation),"epoch":0,"nonce":9,"lamport":1,"since":0,"#
                    + #""until":1,"sources":{},"retired":"\#(text)","from":0,"to":9,"last":true}}"#,
                #"{"digest":true,"commit":{"sequence":0,"sources":{},"retired":"\#(text)","from":0,"#
                    + #""to":9,"last":true}}"#,
            ] {
                #expect(link.write(line + "\n") == .message, "\(text)")
                #expect(a.exported() == before)
                #expect(a.revision == revision)
                #expect(a.broken == nil)
            }
        }
    }

    private func hello(_ peer: Replica) -> String {
        #"{"digest":true,"hello":{"protocol":[1,1],"source":"b","incarnation":\#(peer.incarnation),"cluster":"","#
            + #""lamport":1,"epoch":0,"revision":1,"hash":"0000000000000001","nonce":4,"reply":true}}"# + "\n"
    }
}
