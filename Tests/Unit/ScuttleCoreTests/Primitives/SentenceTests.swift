import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The sentences of failures.
@Suite("Sentences")
struct SentenceTests {
    @Test("Values appear at their interpolations")
    func values() {
        let name: StaticString = "version"
        let inner: Sentence = "it is \(7)"
        let failure = Failure(.version, "\(name) is \(-3), \(UInt64.max) or \(Int.min) of \(Bytes("é")): \(inner)")
        #expect(
            failure.detail == "version is -3, 18446744073709551615 or -9223372036854775808 of é: it is 7")
        #expect(Failure(.key, "plain").detail == "plain")
        #expect(Failure(.key, "").detail == "")
    }

    @Test("A cut leaves whole characters")
    func cut() {
        let text = Bytes("aé€😀")
        let cuts = (0...11).map { text.prefixOfCharacters(within: $0).count }
        #expect(cuts == [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10])
        #expect(Bytes(start: nil, count: 0).prefixOfCharacters(within: 3).isEmpty)
    }
}
