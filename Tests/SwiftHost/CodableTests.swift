import Scuttle
import ScuttleCodable
import Testing

@Suite struct CodableTests {
    struct Lamp: Codable, Equatable {
        var isOn: Bool
        var name: String?
    }

    @Test func valuesAreEncodedAndDecoded() throws {
        let replica = try Replica("a")
        let lamp = Lamp(isOn: true, name: "caf\u{e9}")
        #expect(try replica.set("lamp", toEncoded: lamp) == .done)
        #expect(try replica.get("lamp", as: Lamp.self) == lamp)
        #expect(try replica.get("other", as: Lamp.self) == nil)
        #expect(try JSONText(encoding: [1, 2]) == "[1,2]")
        #expect(try JSONText("[1,2]").decode([Int].self) == [1, 2])
        try replica.tick(milliseconds: 1)
        try replica.set("short", toEncoded: 1, timeToLive: .zero)
        try replica.tick(milliseconds: 2)
        #expect(try replica.get("short", as: Int.self) == nil)
    }

    @Test func errorsAreThoseOfTheirMaker() throws {
        let replica = try Replica("a")
        try replica.set("k", to: "\"text\"")
        #expect(throws: DecodingError.self) { try replica.get("k", as: Lamp.self) }
        #expect(throws: EncodingError.self) { try replica.set("k", toEncoded: Double.infinity) }
        expect(.key) { try replica.set("", toEncoded: 1) }
        expect(.key) { try replica.get("", as: Int.self) }
    }
}
