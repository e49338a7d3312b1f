import ScuttleCore
import Testing

@testable import ScuttleTesting

@Suite("Names and incarnations")
struct SourceNameTests {
    private func code(_ name: String, incarnation seed: UInt64?) -> Failure.Code? {
        code([UInt8](name.utf8), incarnation: seed)
    }

    private func code(_ name: [UInt8], incarnation seed: UInt64?) -> Failure.Code? {
        failure { () throws(Failure) in
            try name.lend { (name) throws(Failure) in _ = try ReplicaID(name, incarnation: seed) }
        }
    }

    private func makeSource(_ name: String, _ seed: UInt64?, startingFrom state: String = "") throws -> String {
        try name.lend { (name) throws(Failure) in
            try state.lend { (state) throws(Failure) in
                try ReplicaID(name, incarnation: seed, startingFrom: state).bytes.text
            }
        }
    }

    private func name(of source: String) -> String {
        source.lend { $0.nameOfSource.text }
    }

    @Test(
        "Names: 1 to 246 bytes, 1 to 255 if exact",
        arguments: [(0, .id, .id), (1, nil, nil), (246, nil, nil), (247, .id, nil), (255, .id, nil), (256, .id, .id)]
            as [(Int, Failure.Code?, Failure.Code?)])
    func lengths(count: Int, incarnation: Failure.Code?, exact: Failure.Code?) {
        let name = String(repeating: "n", count: count)
        #expect(code(name, incarnation: 3) == incarnation)
        #expect(code(name, incarnation: nil) == exact)
    }

    @Test("Names: no NUL, UTF-8", arguments: [nil, 3] as [UInt64?])
    func characters(seed: UInt64?) {
        #expect(code("a\0b", incarnation: seed) == .nul)
        #expect(code([0xc0, 0x80], incarnation: seed) == .utf8)
        #expect(code("été", incarnation: seed) == nil)
    }

    @Test("A name that ends in the suffix of an incarnation is rejected", arguments: [nil, 3] as [UInt64?])
    func endings(seed: UInt64?) {
        for name in ["ada~AZaz09-_", "~abcdefgh", "a~~abcdefgh", "a~bcdefghi~abcdefgh"] {
            #expect(code(name, incarnation: seed) == .id, "\(name)")
        }
        for name in [
            "ada~AZaz09-", "ada~AZaz09-_0", "ada~AZaz09-.", "ada~AZaz 9-_", "ada-AZaz09-_", "~", "a~", "a~éééé",
        ] {
            #expect(code(name, incarnation: seed) == nil, "\(name)")
        }
    }

    @Test("An incarnation is ~ and 8 characters, and follows from seed, name and save")
    func incarnations() throws {
        let pattern = /ada~[A-Za-z0-9_-]{8}/
        let sources = try (1...200).map { try makeSource("ada", $0) }
        let again = try (1...200).map { try makeSource("ada", $0) }
        #expect(sources == again)
        #expect(sources.allSatisfy { $0.wholeMatch(of: pattern) != nil })
        // Another save and another name give other bits.
        let fromSaves = try (1...200).map { try makeSource("ada", 1, startingFrom: "save \($0)") }
        #expect(Set(sources + fromSaves).count == 400)
        #expect(try makeSource("ida", 1).suffix(8) != sources[0].suffix(8))
        // Each character of the alphabet occurs.
        #expect(Set((sources + fromSaves).flatMap { $0.suffix(8) }).count == 64)
    }

    @Test("An exact name is the source")
    func exact() throws {
        #expect(try makeSource("ada", nil) == "ada")
        #expect(try makeSource("ada", nil, startingFrom: "save") == "ada")
    }

    @Test(
        "The name of a source: the part before the incarnation, or the whole of an exact source",
        arguments: [
            ("ada~AZaz09-_", "ada"), ("a~bcdefghi~abcdefgh", "a~bcdefghi"), ("ada", "ada"), ("", ""), ("~", "~"),
            ("~abcdefgh", "~abcdefgh"), ("ada~AZaz09-", "ada~AZaz09-"), ("ada~AZaz09-!", "ada~AZaz09-!"),
            ("é~________", "é"),
        ])
    func names(source: String, name: String) {
        #expect(self.name(of: source) == name)
    }

    @Test("A replica has its name and its source")
    func replica() throws {
        for seed in [nil, 5] as [UInt64?] {
            let replica = try "ada".lend { (name) throws(Failure) in
                Replica(id: try ReplicaID(name, incarnation: seed), configuration: Configuration())
            }
            #expect(replica.name.text == "ada")
            #expect(try replica.id.text == makeSource("ada", seed))
        }
    }

    @Test("The longest source is 255 bytes long")
    func longest() throws {
        let name = String(repeating: "n", count: 246)
        let source = try makeSource(name, 1)
        #expect(source.utf8.count == 255)
        #expect(self.name(of: source) == name)
    }
}
